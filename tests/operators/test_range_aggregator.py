"""Cursors become ranges: the same ones in whatever order the cursors come, and however often."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.range_aggregator.config import RangeAggregatorConfig
from operators.range_aggregator.operator import RangeAggregator
from operators.sdk.errors import ConfigurationError
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Recording, RecordingState
from operators.sdk.words import Reason

TEN = RangeAggregatorConfig(range_size=10)
blocks = st.integers(0, 120)
spans = st.tuples(blocks, st.integers(0, 40)).map(lambda span: Event(0, range=Range(span[0], span[0] + span[1])))
news = st.lists(st.one_of(blocks.map(lambda block: Event(0, cursor=block)), spans), max_size=12)
configs = st.tuples(st.integers(1, 30), st.none() | st.integers(0, 5)).map(
    lambda drawn: RangeAggregatorConfig(range_size=drawn[0], start_block=None if drawn[1] is None else drawn[0] * drawn[1])
)


def run(event: Event, config: RangeAggregatorConfig, state: RecordingState) -> list[str]:
    task = Recording(config, arrived=[Arrived(0, event)], state=state)
    RangeAggregator().run(task)
    return [emitted.range.key for emitted in task.emitted if emitted.range]


def aggregate(events: list[Event], config: RangeAggregatorConfig = TEN) -> list[str]:
    """A task per event, one after the other, as PerUpdate makes them."""
    state = RecordingState()
    return [key for event in events for key in run(event, config, state)]


def cursors(*blocks: int) -> list[Event]:
    return [Event(0, cursor=block) for block in blocks]


def whole_ranges(events: list[Event], config: RangeAggregatorConfig) -> set[str]:
    """The same said the long way: block by block."""
    known = {block for event in events if event.range for block in range(event.range.start, event.range.end + 1)}
    seen = [event.cursor for event in events if event.cursor is not None]
    if seen:
        start = min(seen) if config.start_block is None else config.start_block
        known |= set(range(start, max(seen) + 1))
    size = config.range_size
    return {Range(at, at + size - 1).key for at in range(0, 200, size) if known >= set(range(at, at + size))}


def test_a_range_is_emitted_when_its_last_block_is_there() -> None:
    assert aggregate(cursors(*range(9))) == []
    assert aggregate(cursors(*range(10))) == ["0-9"]


def test_a_cursor_that_leaps_takes_every_range_below_with_it() -> None:
    assert aggregate(cursors(0, 35)) == ["0-9", "10-19", "20-29"]


def test_what_lies_before_the_first_cursor_is_not_promised() -> None:
    assert aggregate(cursors(5, 30)) == ["10-19", "20-29"]


def test_with_a_start_the_first_cursor_speaks_for_all_from_there() -> None:
    assert aggregate(cursors(45), RangeAggregatorConfig(range_size=10, start_block=20)) == ["20-29", "30-39"]


def test_a_cursor_below_the_start_promises_nothing() -> None:
    assert aggregate(cursors(15), RangeAggregatorConfig(range_size=10, start_block=20)) == []


def test_ranges_that_arrive_are_joined() -> None:
    assert aggregate([Event(0, range=Range(0, 4)), Event(0, range=Range(8, 21)), Event(0, range=Range(5, 7))]) == ["10-19", "0-9"]


def test_the_same_cursor_after_a_reorg_makes_no_range_again() -> None:
    assert aggregate(cursors(0, 10, 8, 9, 10)) == ["0-9"]


@given(events=news, config=configs)
def test_it_emits_the_ranges_whose_blocks_are_all_there_each_once(events: list[Event], config: RangeAggregatorConfig) -> None:
    emitted = aggregate(events, config)

    assert set(emitted) == whole_ranges(events, config)
    assert len(set(emitted)) == len(emitted)


@given(events=news, config=configs, data=st.data())
def test_order_and_repetition_change_nothing(events: list[Event], config: RangeAggregatorConfig, data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(events), max_size=6)) if events else []
    shuffled = data.draw(st.permutations([*events, *again]))

    assert set(aggregate(list(shuffled), config)) == set(aggregate(events, config))


@given(events=news.filter(bool), config=configs)
def test_events_that_one_task_takes_together_make_the_same_ranges(events: list[Event], config: RangeAggregatorConfig) -> None:
    task = Recording(config, arrived=[Arrived(0, event) for event in events])

    RangeAggregator().run(task)

    assert {emitted.range.key for emitted in task.emitted if emitted.range} == set(aggregate(events, config))


def test_an_attempt_that_ends_before_its_state_is_kept_emits_again() -> None:
    class Dies(RecordingState):
        def set(self, value: object) -> None:
            raise ConnectionError

    state = Dies()
    task = Recording(TEN, arrived=[Arrived(0, Event(0, range=Range(0, 9)))], state=state)
    with pytest.raises(ConnectionError):
        RangeAggregator().run(task)

    assert [event.range for event in task.emitted] == [Range(0, 9)]
    assert state.get() is None


def test_the_state_stays_small_however_long_it_runs() -> None:
    state = RecordingState()
    for block in range(1000):
        run(Event(0, cursor=block), TEN, state)

    assert state.get() == {"spans": [[0, 999]], "cursors": [0, 999]}


def test_an_event_without_a_place_is_a_mistake_in_the_wiring() -> None:
    with pytest.raises(ConfigurationError, match="neither a cursor nor a range"):
        aggregate([Event(0, data={})])


def test_what_does_not_hold_any_more_was_there_already_and_a_reset_of_all_blocks_makes_nothing() -> None:
    state = RecordingState()
    first = Recording(TEN, arrived=[Arrived(0, Event(0, range=Range(0, 9)))], state=state)
    RangeAggregator().run(first)
    reset = Recording(TEN, arrived=[Arrived(0, Event(0, range=Range(0, 2**63 - 1)), Reason.CORRECTION)], state=state)
    RangeAggregator().run(reset)

    assert [event.range for event in first.emitted] == [Range(0, 9)]
    assert reset.emitted == []
