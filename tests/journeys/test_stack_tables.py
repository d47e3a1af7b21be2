"""Blocks in tables, on the whole stack: handed to the sink or written by the task, they are there once and to the bit."""

from __future__ import annotations

import os
import signal

import pytest

from tests.journeys import tables
from tests.journeys.stack import StackProcess, wait_until
from tests.journeys.tables import Blocks, expected

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("stack")]
ROWS, MANY = 60_000, 600_000


@pytest.mark.parametrize("mode", ["buffered", "direct"])
def test_what_a_dag_writes_to_its_table_is_read_back_to_the_bit(stack: StackProcess, mode: str) -> None:
    kept = tables.BUFFERED if mode == "buffered" else tables.DIRECT
    made = Blocks(lambda: stack, f"kept_{mode}", kept, chunk=20_000)
    made.run(0, ROWS - 1)

    made.wait_for_rows(ROWS)
    assert made.content() == expected(0, ROWS - 1)
    wait_until(lambda: made.tasks() == {"completed": 3})


@pytest.mark.parametrize("killed", ["child", "worker"])
def test_a_write_that_is_killed_in_the_middle_is_done_once_in_the_end(stack: StackProcess, killed: str) -> None:
    made = Blocks(lambda: stack, f"killed_{killed}", tables.DIRECT, chunk=MANY, heartbeat_timeout_seconds=10)
    made.run(0, MANY - 1)
    wait_until(made.is_writing, what="nobody wrote")
    for pid in [child.pid for child in tables.children(stack)] if killed == "child" else [stack.facts["pids"]["worker"]]:
        os.kill(pid, signal.SIGKILL)

    assert made.count() == 0
    made.wait_for_rows(MANY, seconds=180)
    assert made.content() == expected(0, MANY - 1)
    wait_until(lambda: made.tasks() == {"completed": 1})
    assert made.attempts() > 1
