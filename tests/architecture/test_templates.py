"""What the Content Security Policy would stop in a browser, found in the source instead; and what every page must have."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted([*ROOT.glob("templates/**/*.html"), *ROOT.glob("apps/*/templates/**/*.html")])
COMPONENTS = ROOT / "templates" / "components"
# Django's own syntax may hold anything, also what looks like an attribute.
_DJANGO = re.compile(r"{%.*?%}|{#.*?#}|{{.*?}}", re.DOTALL)
_ATTRIBUTE = r"""(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+))?"""
BANNED = {
    "style=": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "an event handler attribute": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "hx-on": re.compile(r"\s(?:data-)?hx-on[:\s=-]", re.IGNORECASE),
    "a js: value": re.compile(r"""=\s*["']?\s*(?:js|javascript):""", re.IGNORECASE),
    "a trigger filter": re.compile(r"""hx-trigger\s*=\s*["'][^"']*\[""", re.IGNORECASE),
    "an inline script": re.compile(r"<script\b(?![^>]*\ssrc\s*=)", re.IGNORECASE),
    "an inline style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "something of another origin": re.compile(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", re.IGNORECASE),
}
_HTMX = re.compile(r"<[a-z-]+[^>]*\shx-(?:get|post|put|patch|delete|trigger)\b[^>]*>", re.IGNORECASE | re.DOTALL)
_C_VARS = re.compile(r"<c-vars\s([^>]*?)/?>", re.DOTALL)
_C_TAG = re.compile(r"<c-([a-z-]+)((?:\s+[^\s/>\"'=<>`]+" + _ATTRIBUTE + r")*)\s*/?>", re.DOTALL)
_NAME = re.compile(r"(?:^|\s)(:?[a-z][a-z_-]*)" + _ATTRIBUTE)

each_template = pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))


def problems_of(source: str) -> Iterator[str]:
    plain = _DJANGO.sub("x", source)
    yield from (name for name, pattern in BANNED.items() if pattern.search(plain))
    for tag in _HTMX.findall(source):
        if "hx-nonce" not in tag:
            yield f"htmx without hx-nonce, which hx-csp would strip: {tag[:60]}"


@each_template
def test_a_template_holds_nothing_that_the_policy_stops(template: Path) -> None:
    assert list(problems_of(template.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        '<p style="color: red">',
        '<a onclick="go()">',
        '<p hx-on:click="go()">',
        """<p hx-vals='js:{a: 1}'>""",
        '<a href="javascript:go()">',
        '<input hx-nonce="x" hx-trigger="keyup[key==1]">',
        "<script>go()</script>",
        "<style>p {}</style>",
        '<img src="https://elsewhere.example/a.png">',
        '<p hx-get="/a">',
    ],
)
def test_the_lint_finds_what_it_is_for(source: str) -> None:
    assert list(problems_of(source))


@each_template
def test_a_dynamic_attribute_of_a_component_is_declared_by_it(template: Path) -> None:
    """`:name="value"` reaches `{{ attrs }}` unescaped unless the component takes the name out with <c-vars>."""
    undeclared = [
        f"<c-{name} {attribute}>"
        for name, attributes in _C_TAG.findall(template.read_text())
        if name not in {"vars", "slot"}
        for attribute in _NAME.findall(attributes)
        if attribute.startswith(":") and attribute[1:] not in _declared(name)
    ]

    assert undeclared == []


def _declared(component: str) -> set[str]:
    found = _C_VARS.search((COMPONENTS / f"{component.replace('-', '_')}.html").read_text())
    return {name.removeprefix(":") for name in _NAME.findall(found[1])} if found else set()


def _pages() -> list[Path]:
    return [path for path in TEMPLATES if path.read_text().startswith('{% extends "layouts/')]


@pytest.mark.parametrize("page", _pages(), ids=lambda path: path.stem)
def test_a_page_has_a_title_and_exactly_one_main_heading(page: Path) -> None:
    source = page.read_text()

    assert "{% block title %}" in source
    assert len(re.findall(r"<h1\b", source)) == 1


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    sprite = set(json.loads((ROOT / "static" / "src" / "icons.json").read_text()))
    used = {
        name
        for template in TEMPLATES
        for name in re.findall(r"""{% icon "([\w-]+)"|\bicon="([a-z][\w-]*)\"""", template.read_text())
        for name in name
        if name
    }

    assert used - sprite == set()


def test_every_field_and_image_has_a_name() -> None:
    """A field of a form is drawn by <c-field>, which labels it; one written by hand says its own name."""
    unnamed = [
        f"{template.name}: {tag}"
        for template in TEMPLATES
        for tag in re.findall(r"<(?:input|select|textarea|img|progress)\b[^>]*>", template.read_text())
        if 'type="hidden"' not in tag and not re.search(r"aria-label|alt=|id=", tag)
        and not re.search(rf"<label[^>]*>\s*{re.escape(tag)}", template.read_text())
    ]  # fmt: skip

    assert unnamed == []
