"""An operator that takes back what it said, run without a server."""

from __future__ import annotations

from typing import Any

import pytest

from operators.noop.config import NoopConfig
from operators.sdk.errors import InputError
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Invalidated, Recording
from operators.sdk.wire import arrived_of
from operators.sdk.words import Reason


def test_what_is_taken_back_is_written_down() -> None:
    task = Recording(NoopConfig())
    task.invalidate(0, Range(995, 1005), Reason.REORG)
    task.invalidate(1, "day 1", Reason.CORRECTION)

    assert task.invalidated == [Invalidated(0, Range(995, 1005), Reason.REORG), Invalidated(1, "day 1", Reason.CORRECTION)]


@pytest.mark.parametrize(("scope", "reason"), [(Range(2, 1), Reason.REORG), ("", Reason.REORG), (Range(1, 2), Reason.MANUAL)])
def test_what_the_platform_would_refuse_fails_here(scope: Range | str, reason: Reason) -> None:
    with pytest.raises(InputError):
        Recording(NoopConfig()).invalidate(0, scope, reason)


@pytest.mark.parametrize(("told", "known"), [(None, None), ("reorg", Reason.REORG), ("manual", Reason.MANUAL)])
def test_what_arrives_says_whether_it_is_to_be_done_again(told: str | None, known: Reason | None) -> None:
    event: dict[str, Any] = {"output": 0, "cursor": None, "start": "1", "end": "2", "partition_key": None, "data": None}

    assert arrived_of({"input": 3, "event": event, "invalidation": told}) == Arrived(3, Event(0, range=Range(1, 2)), known)
