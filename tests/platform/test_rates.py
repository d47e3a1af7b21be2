"""The arithmetic of the sliding minute, and the counters that it counts with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.ports.rates import Window, wait
from tests.factories import unique

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
LIMIT = 10


@pytest.mark.parametrize(
    ("before", "this", "into", "seconds"),
    [
        (0, 10, 0.5, None),
        (0, 11, 0.5, 30),
        (10, 5, 0.5, None),
        (10, 6, 0.5, 6),
        (10, 1, 0.0, 6),
        (10_000, 1, 0.0, 6),
        (0, 11, 0.999, 1),
    ],
)
def test_when_to_wait_and_how_long(before: int, this: int, into: float, seconds: int | None) -> None:
    pause = wait(before, this, limit=LIMIT, into=into)

    assert (pause and round(pause.total_seconds())) == seconds


@given(st.integers(0, 1_000), st.integers(1, 1_000), st.integers(1, 500), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_never_longer_than_a_minute_and_enough(before: int, this: int, limit: int, into: float) -> None:
    pause = wait(before, this, limit=limit, into=into)
    if pause is None:
        return
    assert timedelta(0) < pause <= timedelta(minutes=1)
    later = into + pause / timedelta(minutes=1) + 1e-6  # a timedelta counts in microseconds
    # The same calls, looked at after the pause: in this minute still, or from the next one.
    now_before, now_this, now_into = (before, this, later) if later < 1 else (this, 0, later - 1)
    assert min(now_before, limit) * (1 - now_into) + now_this <= limit + 1e-3


def test_a_counter_counts_each_key_and_each_minute() -> None:
    counter, ann, ben = wiring.rate_counter(Config.from_env()), unique("ann"), unique("ben")
    first, second, fourth = (Window.at(NOON + timedelta(minutes=minutes)) for minutes in (0, 1, 3))

    assert [counter.hit(ann, first) for _ in range(3)] == [(0, 1), (0, 2), (0, 3)]
    assert counter.hit(ben, first) == (0, 1)
    assert counter.hit(ann, second) == (3, 1)
    assert counter.hit(ann, fourth) == (0, 1)


def test_two_processes_share_the_counters_in_valkey() -> None:
    one, other, key = wiring.rate_counter(Config.from_env()), wiring.rate_counter(Config.from_env()), unique("key")

    assert [one.hit(key, Window.at(NOON)), other.hit(key, Window.at(NOON))] == [(0, 1), (0, 2)]


def test_a_counter_that_is_down_refuses_nobody() -> None:
    counter = wiring.rate_counter(replace(Config.from_env(), broker_url="redis://127.0.0.1:1/0"))

    assert [counter.hit("ann", Window.at(NOON)) for _ in range(2)] == [(0, 0), (0, 0)]
