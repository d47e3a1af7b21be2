"""What templates need beyond Django's own tags. Built in: no template has to load it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.console.assets import asset_url

register = template.Library()
register.simple_tag(asset_url, name="asset")

_STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (float("inf"), 86_400, "d"))


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """A symbol of the sprite. Decoration: the word beside it, or the button's label, says what it means."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" {css_class}" if css_class else "", asset_url("icons.svg"), name,
    )  # fmt: skip


@register.filter
def ago(instant: datetime) -> str:
    """As times.js says it: `12 s ago`, `3 min ago`, `in 2 h`."""
    seconds = (timezone.now() - instant).total_seconds()
    count, name = _in_one_unit(abs(seconds))
    if count == 0:
        return "now"
    return f"in {count} {name}" if seconds < 0 else f"{count} {name} ago"


def _in_one_unit(seconds: float) -> tuple[int, str]:
    """Rounded, halves up as in times.js: what ends in 6 days and 23 hours ends in 7 days to a reader."""
    counted = ((int(seconds / unit + 0.5), unit, below, name) for below, unit, name in _STEPS)
    return next((count, name) for count, unit, below, name in counted if count * unit < below)


@register.filter
def utc(instant: datetime) -> str:
    return f"{instant.astimezone(timezone.get_default_timezone()):%Y-%m-%d %H:%M:%S} UTC"


@register.filter
def shortened(value: object, keep: int = 6) -> str:
    """The middle left out: `0x1234…cdef`. What is short enough stays whole."""
    text = str(value)
    return text if len(text) <= 2 * keep + 3 else f"{text[:keep]}…{text[2 - keep :]}"


@register.filter
def duration(seconds: float) -> str:
    count, name = _in_one_unit(seconds)
    return f"{count} {name}"


@register.filter
def pretty_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


@register.filter
def same(value: object, other: object) -> str:
    """For attributes that are written out, such as aria-pressed."""
    return "true" if value == other else "false"


@register.filter
def pairs(values: Mapping[str, object] | None) -> str:
    """What a record tells of: `role: writer · own_roles: finance`."""
    return " · ".join(f"{key}: {_plain(value)}" for key, value in (values or {}).items())


def _plain(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "none"
    return str(value)
