"""What the templates' own filters say."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.console.templatetags.trace import ago, duration, shortened, utc
from tests.factories import NOON


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (0, "now"),
        (12, "12 s ago"),
        (61, "1 min ago"),
        (7200, "2 h ago"),
        (3 * 86_400, "3 d ago"),
        (-180, "in 3 min"),
        (-(7 * 86_400 - 3600), "in 7 d"),
        (3599, "1 h ago"),
        (59.7, "1 min ago"),
        (5400, "2 h ago"),
        (0.4, "now"),
    ],
)
def test_ago_is_short(away: float, text: str) -> None:
    assert ago(timezone.now() - timedelta(seconds=away)) == text


def test_utc_is_exact() -> None:
    assert utc(NOON) == "2026-01-15 12:00:00 UTC"


@pytest.mark.parametrize(
    ("value", "text"), [("0x1234567890abcdef1234", "0x1234…1234"), ("short", "short"), ("123456789012345", "123456789012345")]
)
def test_a_long_value_is_shortened_in_the_middle(value: str, text: str) -> None:
    assert shortened(value) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (59, "59 s"), (120, "2 min"), (7200, "2 h")])
def test_a_duration_has_one_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text
