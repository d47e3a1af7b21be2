"""Work of more kinds than there are slots: each task is given out once, and children live long enough to be worth it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests.journeys.stack import wait_until
from tests.workers.working import Working, working
from workers.supervisor.ports import Ports


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Working]:
    with working(tmp_path, TRACE_WORKER_SLOTS="4") as here:
        here.plane.wake_again = here.wake
        yield here


def test_what_waits_behind_others_is_kept_while_slots_come_free(here: Working) -> None:
    """For longer than a slot that is stuck would be waited for."""
    here.start(TRACE_WORKER_SLOTS="2")
    here.run(*(here.plane.add("noop") for _ in range(60)))  # short: from now on many are held
    naps = [here.plane.add("sleep", {"seconds": 0.2}) for _ in range(70)]
    here.run(*naps)

    assert {task.attempt for task in naps} == {1}


def test_more_kinds_than_slots_take_turns(here: Working) -> None:
    ops_port = Ports().any()
    here.start(TRACE_OPS_PORT=str(ops_port))
    tasks = []
    for _ in range(40):
        tasks += [here.plane.add("noop", org_id=UUID(int=org)) for org in range(4) for _ in range(4)]
        tasks += [here.plane.add("range_splitter", {"chunk_size": 10}), here.plane.add("fail", {"times": 0})]
    here.run(*tasks)

    assert {task.attempt for task in tasks} == {1}
    wait_until(here.holds_nothing)
    assert children_started(ops_port) < len(tasks) / 10


def children_started(ops_port: int) -> float:
    text = httpx.get(f"http://127.0.0.1:{ops_port}/metrics").text
    return sum(float(count) for count in re.findall(r"^trace_worker_child_starts_total\{.*\} (\S+)$", text, re.MULTILINE))
