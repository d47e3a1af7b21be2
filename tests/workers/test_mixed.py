"""Work of more kinds than there are slots: each task is given out once, and children live long enough to be worth it.

How long things take decides over both, and is told here, not measured: a machine may be busy with something else.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from tests.journeys.stack import wait_until
from tests.workers.floor import Floor
from tests.workers.test_pool import attempt
from tests.workers.working import working

SIX_KINDS = ("noop", "noop", "sleep", "sleep", "fail", "fail", "ticker", "ticker", "query", "udf")


@pytest.mark.parametrize("start_seconds", [0.1, 0.3, 3.0])
@pytest.mark.parametrize("task_seconds", [0.001, 0.02])
def test_more_kinds_than_slots_take_turns(start_seconds: float, task_seconds: float) -> None:
    floor = Floor(slots=4, task_seconds=task_seconds, start_seconds=start_seconds)
    tasks = [attempt("job", operator=operator) for _ in range(80) for operator in SIX_KINDS]

    floor.run(tasks)

    assert Counter(floor.done) == Counter(tasks), "each was given out once"
    assert floor.starts < len(tasks) / 10


def test_what_waits_behind_others_is_kept_while_slots_come_free() -> None:
    """For longer than a slot that is stuck would be waited for."""
    floor = Floor(slots=2, task_seconds=0.001, start_seconds=0.3)
    floor.run([attempt("short") for _ in range(60)])  # from now on many are held
    floor.task_seconds, began_at = 0.2, floor.now

    floor.run([attempt("nap", operator="sleep") for _ in range(70)])

    assert floor.now > began_at + 5
    assert floor.handed_back == {}


def test_what_waits_behind_slots_that_are_stuck_is_handed_back() -> None:
    floor = Floor(slots=2, task_seconds=0.001, start_seconds=0.3)
    floor.run([attempt("short") for _ in range(60)])
    floor.task_seconds = 1000.0

    floor.run([attempt("long") for _ in range(10)])

    assert floor.handed_back
    assert all(5 <= seconds < 6 for seconds in floor.handed_back.values())


def test_a_worker_does_work_of_more_kinds_than_it_has_slots(tmp_path: Path) -> None:
    with working(tmp_path, TRACE_WORKER_SLOTS="4") as here:
        here.plane.wake_again = here.wake
        here.start()
        tasks = []
        for _ in range(10):
            tasks += [here.plane.add("noop", org_id=UUID(int=org)) for org in range(4) for _ in range(4)]
            tasks += [here.plane.add("sleep", {"seconds": 0}), here.plane.add("fail", {"times": 0})]

        here.run(*tasks)

        wait_until(here.holds_nothing)
        assert {task.status for task in tasks} == {"Completed"}
