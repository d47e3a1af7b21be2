"""A range becomes ranges: each block in exactly one, none longer than was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.range_splitter.config import RangeSplitterConfig
from operators.range_splitter.operator import MOST_RANGES, RangeSplitter
from operators.sdk.errors import ConfigurationError
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Recording


def split(*ranges: Range | None, size: int) -> list[Range]:
    task = Recording(RangeSplitterConfig(chunk_size=size), arrived=[Arrived(0, Event(0, range=whole)) for whole in ranges])
    RangeSplitter().run(task)
    return [event.range for event in task.emitted if event.range]


@pytest.mark.parametrize(
    ("whole", "size", "keys"),
    [
        (Range(0, 24), 10, ["0-9", "10-19", "20-24"]),
        (Range(5, 24), 10, ["5-14", "15-24"]),
        (Range(7, 7), 10, ["7-7"]),
        (Range(0, 2), 1, ["0-0", "1-1", "2-2"]),
    ],
)
def test_partition_keys_are_inclusive(whole: Range, size: int, keys: list[str]) -> None:
    assert [part.key for part in split(whole, size=size)] == keys


@given(start=st.integers(0, 2**62), length=st.integers(1, 500), size=st.integers(1, 600))
def test_every_block_is_in_exactly_one_range(start: int, length: int, size: int) -> None:
    parts = split(Range(start, start + length - 1), size=size)

    assert [block for part in parts for block in range(part.start, part.end + 1)] == list(range(start, start + length))
    assert {part.end - part.start + 1 for part in parts[:-1]} <= {size}
    assert parts[-1].end - parts[-1].start < size


def test_ranges_that_wait_together_are_each_split() -> None:
    assert [part.key for part in split(Range(0, 1), Range(8, 9), size=5)] == ["0-1", "8-9"]


def test_without_a_range_the_job_is_wired_wrongly() -> None:
    with pytest.raises(ConfigurationError, match="start the run with a block range"):
        split(None, size=10)
    with pytest.raises(ConfigurationError, match="give the job an input"):
        split(size=10)


def test_more_ranges_than_a_queue_should_hold_are_refused_at_once() -> None:
    assert len(split(Range(0, MOST_RANGES - 1), size=1)) == MOST_RANGES
    with pytest.raises(ConfigurationError, match="raise chunk_size"):
        split(Range(0, MOST_RANGES), size=1)
