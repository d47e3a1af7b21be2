"""What every clock promises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.platform import wiring
from apps.platform.clock import Clock, ManualClock
from tests.factories import NOON


@pytest.fixture(params=["system", "manual"])
def clock(request: pytest.FixtureRequest) -> Clock:
    return wiring.clock() if request.param == "system" else ManualClock(NOON)


def test_now_is_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)


def test_neither_reading_goes_back(clock: Clock) -> None:
    instants = [(clock.now(), clock.monotonic()) for _ in range(100)]

    assert instants == sorted(instants)


def test_the_systems_clock_is_the_systems() -> None:
    before = datetime.now(UTC)

    assert before <= wiring.clock().now() <= datetime.now(UTC)


def test_a_manual_clock_moves_both_readings_together() -> None:
    clock = ManualClock(NOON)
    clock.advance(timedelta(minutes=5))

    assert (clock.now(), clock.monotonic()) == (NOON + timedelta(minutes=5), 300.0)


def test_a_manual_clock_refuses_to_go_back_or_to_start_nowhere() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        ManualClock(NOON).advance(timedelta(seconds=-1))
    with pytest.raises(ValueError, match="timezone"):
        ManualClock(datetime(2026, 1, 1))  # noqa: DTZ001  that is the point
