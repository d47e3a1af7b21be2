"""The operators for trying things out: what they pass on, when they fail, how they stop and go on."""

from __future__ import annotations

import pytest

from operators.fail.config import FailConfig
from operators.fail.operator import Fail
from operators.noop.config import NoopConfig
from operators.noop.operator import Noop
from operators.sdk.errors import InputError, Retry
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Done, Line, Recording
from operators.sleep.config import SleepConfig
from operators.sleep.operator import Sleep
from operators.ticker.config import TickerConfig
from operators.ticker.operator import Ticker

ARRIVED = [Arrived(0, Event(3, cursor=7)), Arrived(1, Event(0, range=Range(1, 2), data={"a": 1}))]
PASSED = [Event(0, cursor=7), Event(0, range=Range(1, 2), data={"a": 1})]


def test_a_join_passes_on_what_arrived_on_any_input() -> None:
    task = Recording(NoopConfig(), arrived=ARRIVED)
    Noop().run(task)

    assert task.emitted == PASSED


def test_a_sleep_takes_as_long_as_it_should_and_says_how_far_it_is() -> None:
    task = Recording(SleepConfig(seconds=2.5), arrived=ARRIVED)
    Sleep().run(task)

    assert task.waits == [1.0, 1.0, 0.5]
    assert task.progressed == [Done(1, 3, ""), Done(2, 3, ""), Done(3, 3, "")]
    assert task.emitted == PASSED


def test_a_sleep_that_is_cancelled_says_nothing_is_there() -> None:
    task = Recording(SleepConfig(seconds=60), arrived=ARRIVED)
    task.cancel_after(2)
    Sleep().run(task)

    assert (len(task.waits), task.emitted) == (2, [])
    assert task.log.lines == [Line("info", "stopped early", {"after_seconds": 1})]


@pytest.mark.parametrize(("attempt", "fails"), [(1, True), (2, True), (3, False)])
def test_it_fails_as_often_as_it_is_told(attempt: int, fails: bool) -> None:
    task = Recording(FailConfig(times=2, message="Not yet."), arrived=ARRIVED, attempt=attempt)
    if fails:
        with pytest.raises(Retry, match=r"Not yet\."):
            Fail().run(task)
    else:
        Fail().run(task)

    assert task.emitted == ([] if fails else PASSED)


def test_a_failure_can_be_for_good() -> None:
    with pytest.raises(InputError):
        Fail().run(Recording(FailConfig(retryable=False)))


def test_a_ticker_goes_on_where_it_was_and_flushes_every_tick() -> None:
    first = Recording(TickerConfig(start=5, interval_seconds=0.5))
    first.cancel_after(6)  # an event and a wait per tick
    Ticker().run(first)
    second = Recording(TickerConfig(start=5), state=first.state)
    second.cancel_after(2)
    Ticker().run(second)

    assert [event.cursor for event in first.emitted] == [5, 6, 7]
    assert (first.flushed, first.waits) == ([1, 2, 3], [0.5, 0.5, 0.5])
    assert [event.cursor for event in second.emitted] == [8]
