"""Who sees a DAG is chosen on its page."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.dags import deploy
from tests.factories import Persona
from tests.fixtures.browser import Visit


@pytest.mark.parametrize(("theme", "width"), [("light", 1280), ("dark", 1280), ("light", 320)])
def test_a_choice_is_kept_and_said(visit: Visit, writer: Persona, theme: str, width: int) -> None:
    deploy(writer)
    visitor = visit(writer, theme=theme, width=width)
    page = visitor.go(f"/o/{writer.org.slug}/dags/hot")
    page.get_by_role("combobox", name="Who sees it").select_option("private")
    page.get_by_role("button", name="Change", exact=True).click()

    expect(page.get_by_text("Who sees hot is changed.")).to_be_visible()
    expect(page.get_by_role("combobox", name="Who sees it")).to_have_value("private")
    if width == 320:
        page.get_by_role("combobox", name="Who sees it").scroll_into_view_if_needed()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    else:
        assert visitor.axe() == []
