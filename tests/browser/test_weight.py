"""A plain page is light, comes from one origin, and fits every screen."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Response

from apps.outbox.models import Message
from tests.factories import Persona
from tests.fixtures.browser import Visit, Visitor

KB = 1000


@pytest.fixture
def cold(visit: Visit, staff: Persona, dead_letter: Message) -> Visitor:
    """The heaviest page there is, loaded with an empty cache."""
    visitor = visit(staff)
    visitor.go("/platform/health")
    visitor.page.wait_for_load_state("networkidle")
    return visitor


def _gzipped(responses: list[Response], kind: str) -> int:
    return sum(len(gzip.compress(response.body(), 9)) for response in responses if response.request.resource_type == kind)


def test_scripts_are_at_most_40_kb(cold: Visitor) -> None:
    assert 0 < _gzipped(cold.responses, "script") <= 40 * KB


def test_styles_are_at_most_20_kb(cold: Visitor) -> None:
    assert 0 < _gzipped(cold.responses, "stylesheet") <= 20 * KB


def test_there_are_at_most_12_requests_and_all_to_our_origin(cold: Visitor) -> None:
    origins = {urlsplit(response.url).netloc for response in cold.responses}

    assert len(cold.responses) <= 12
    assert origins == {urlsplit(cold.page.url).netloc}


def test_the_layout_does_not_jump_while_the_page_loads(visit: Visit, staff: Persona, dead_letter: Message) -> None:
    visitor = visit(staff)
    visitor.page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(e => window.shift += e.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    visitor.go("/platform/health")
    visitor.page.wait_for_load_state("networkidle")

    assert visitor.page.evaluate("window.shift") <= 0.02


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
@pytest.mark.parametrize("path", ["/", "/platform/health", "/gallery/", "/no/such/page"])
def test_no_page_scrolls_sideways(visit: Visit, staff: Persona, dead_letter: Message, path: str, width: int) -> None:
    visitor = visit(staff, width=width)
    visitor.go(path, status=404 if "such" in path else 200)

    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width


def test_targets_are_at_least_24_pixels(visit: Visit, staff: Persona, dead_letter: Message) -> None:
    visitor = visit(staff, width=390)
    visitor.go("/platform/health")
    small = visitor.page.evaluate(
        """() => [...document.querySelectorAll('button, input, a[href]')]
            .filter(e => e.checkVisibility() && !e.closest('p'))
            .map(e => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()])
            .filter(([_, box]) => box.width > 0 && (box.width < 24 || box.height < 24)).map(([html]) => html)"""
    )

    assert [html for html in small if "skip" not in html] == []
