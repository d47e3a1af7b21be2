"""Heartbeats, cancellation, lost leases, a plane that is away, and how a worker stops."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.platform import contracts as c
from tests.journeys.stack import wait_until
from tests.workers.plane import Task
from tests.workers.working import Working, is_running, pid_in, working


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Working]:
    with working(tmp_path) as here:
        here.start()
        yield here


def begin(here: Working, how: str, *, given: dict[str, Any] | None = None, **order: Any) -> Task:
    """A task that has said its first line."""
    task = here.plane.add("misbehave", {"how": how, "given": given or {}}, **order)
    here.wake(task)
    here.plane.until(lambda: task.lines)
    return task


def test_a_lease_is_kept_alive_and_progress_goes_with_it(here: Working) -> None:
    task = here.plane.add("sleep", {"seconds": 4.0}, lease_seconds=3)
    here.run(task)

    assert task.status == "Completed"
    assert len(task.beats) >= 2
    assert {beat.progress.total for beat in task.beats if beat.progress} == {4}


def test_a_token_that_came_with_a_heartbeat_is_the_one_that_counts(here: Working) -> None:
    task = here.plane.add("sleep", {"seconds": 2.0}, lease_seconds=3)
    task.renews_token = True
    here.run(task)

    assert (task.status, task.renewals > 0) == ("Completed", True)


def test_a_task_that_is_cancelled_notices_and_ends_as_canceled(here: Working) -> None:
    task = begin(here, "wait_to_be_cancelled", lease_seconds=1)
    task.is_canceled = True
    here.plane.until_ended(task)

    assert (task.status, task.text[-1]) == ("Canceled", "noticed")


def test_a_task_that_does_not_listen_is_killed_after_the_grace_time(here: Working) -> None:
    task = begin(here, "hang", lease_seconds=1)
    task.is_canceled = True
    here.plane.until_ended(task)

    assert task.status == "Canceled"
    assert not is_running(pid_in(task))


def test_a_completion_that_meets_a_cancellation_becomes_one(here: Working, tmp_path: Path) -> None:
    task = begin(here, "flush_and_wait", given={"until": str(tmp_path / "over")})
    task.is_canceled = True
    (tmp_path / "over").touch()
    here.plane.until_ended(task)

    assert task.status == "Canceled"


def test_who_lost_the_lease_is_killed_and_says_nothing_more(here: Working) -> None:
    task = begin(here, "hang", lease_seconds=1)
    pid = pid_in(task)
    task.attempt += 1  # another worker has it

    wait_until(lambda: not is_running(pid))
    wait_until(here.holds_nothing)
    assert task.completion is None
    assert here.plane.calls[c.COMPLETIONS_PATH] == 0


def test_events_on_the_way_are_accepted_before_flush_returns(here: Working, tmp_path: Path) -> None:
    here.plane.faults[c.EVENTS_PATH] = [503, 500]
    task = begin(here, "flush_and_wait", given={"until": str(tmp_path / "over")})

    assert ([event.cursor for event in task.events], task.state, task.revision) == ([1], 1, 1)
    (tmp_path / "over").touch()
    here.plane.until_ended(task)
    assert (task.status, task.revision, len(task.events)) == ("Completed", 1, 1)


def test_a_source_whose_state_was_overtaken_fails_and_may_be_tried_again(here: Working) -> None:
    task = here.plane.add("ticker", {"interval_seconds": 0.05})
    here.wake(task)
    here.plane.until(lambda: len(task.events) > 2)
    task.revision += 1
    here.plane.until_ended(task)

    assert (task.error.type, task.error.message, task.error.retryable) == ("state_moved", "Somebody else wrote the state.", True)


def test_a_source_whose_events_are_refused_for_another_attempt_stops(here: Working) -> None:
    task = here.plane.add("ticker", {"interval_seconds": 0.05})
    here.wake(task)
    here.plane.until(lambda: len(task.events) > 2)
    task.attempt += 1

    wait_until(here.holds_nothing)
    assert task.completion is None


@pytest.mark.parametrize("path", [c.COMPLETIONS_PATH, c.LOGS_PATH])
def test_what_the_plane_does_not_take_is_sent_again(here: Working, path: str) -> None:
    here.plane.faults[path] = [503, 502, 500]
    task = here.plane.add("misbehave", {"how": "say_much", "given": {"lines": 3}})
    here.run(task)

    assert (task.status, task.text) == ("Completed", ["line number=0", "line number=1", "line number=2"])


@pytest.mark.parametrize("path", [c.COMPLETIONS_PATH, c.LOGS_PATH])
def test_an_answer_that_was_lost_changes_nothing(here: Working, path: str) -> None:
    here.plane.loses_answers_of.add(path)
    task = here.plane.add("misbehave", {"how": "say_much", "given": {"lines": 3}})
    here.run(task)

    wait_until(here.holds_nothing)
    assert (task.status, task.text) == ("Completed", ["line number=0", "line number=1", "line number=2"])


def test_a_plane_that_is_away_in_the_middle_costs_nothing(here: Working, tmp_path: Path) -> None:
    task = begin(here, "flush_and_wait", given={"until": str(tmp_path / "over")}, lease_seconds=10)
    waiting = here.plane.add("noop")
    here.plane.is_down = True
    (tmp_path / "over").touch()
    before = here.plane.calls[c.COMPLETIONS_PATH]
    here.wake(waiting)
    wait_until(lambda: here.plane.calls[c.COMPLETIONS_PATH] > before + 2)
    here.plane.is_down = False
    here.plane.until_ended(task, waiting)

    assert (task.attempt, waiting.attempt) == (1, 1)
    wait_until(here.holds_nothing)


def test_one_completion_that_cannot_be_taken_does_not_harm_the_others(here: Working) -> None:
    tasks = [here.plane.add("noop") for _ in range(20)]
    tasks[7].lease_seconds = 1
    here.plane.faults[c.COMPLETIONS_PATH] = [400]
    here.wake(*tasks)

    here.plane.until(lambda: sum(bool(task.completion) for task in tasks) >= 19)


def test_a_kill_takes_the_children_along(here: Working) -> None:
    task = begin(here, "hang")
    here.processes[0].kill()

    wait_until(lambda: not is_running(pid_in(task)))


def test_what_a_killed_worker_left_on_disk_is_cleared_by_the_next_and_what_lives_is_left(here: Working, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    here.stop()
    living, killed = (here.start(TMPDIR=str(scratch)) for _ in range(2))
    wait_until(lambda: len(list(scratch.iterdir())) == 2)
    tasks = [here.plane.add("misbehave", {"how": "hang"}) for _ in range(4)]
    here.wake(*tasks)
    wait_until(lambda: len(list(scratch.glob("*/*"))) == 4)
    killed.kill()
    killed.wait()
    here.start(TMPDIR=str(scratch))

    wait_until(lambda: len(list(scratch.glob("*/*"))) == 2)
    assert living.poll() is None


def test_a_stop_lets_what_runs_come_to_its_end(here: Working, tmp_path: Path) -> None:
    task = begin(here, "flush_and_wait", given={"until": str(tmp_path / "over")})
    here.processes[0].send_signal(signal.SIGTERM)
    (tmp_path / "over").touch()

    assert here.processes[0].wait(timeout=30) == 0
    assert task.status == "Completed"


def test_a_stop_hands_back_what_takes_longer_and_what_has_not_begun(here: Working) -> None:
    listening, deaf = begin(here, "wait_to_be_cancelled"), begin(here, "hang")

    assert here.stop() == 0
    assert (listening.status, deaf.status) == ("HandedBack", "HandedBack")
    assert listening.text[-1] == "noticed"
    assert not is_running(pid_in(deaf))
    assert here.holds_nothing()


def test_what_can_stop_only_by_an_error_is_handed_back_as_well(here: Working) -> None:
    task = begin(here, "raise_when_cancelled")

    assert here.stop() == 0
    assert task.status == "HandedBack"


def test_another_worker_goes_on_with_what_was_handed_back(here: Working, tmp_path: Path) -> None:
    task = here.plane.add("ticker", {"interval_seconds": 0.05})
    here.wake(task)
    here.plane.until(lambda: len(task.events) > 2)
    here.stop()
    seen = len(task.events)
    task.status, task.completion = "Queued", None
    here.start()
    here.wake(task)
    here.plane.until(lambda: len(task.events) > seen)

    assert [event.cursor for event in task.events] == list(range(len(task.events)))


def test_a_worker_holds_no_more_tasks_than_it_can_run_soon(here: Working, tmp_path: Path) -> None:
    given = {"until": str(tmp_path / "over")}
    tasks = [here.plane.add("misbehave", {"how": "flush_and_wait", "given": given}) for _ in range(6)]
    here.wake(*tasks)
    here.plane.until(lambda: sum(bool(task.lines) for task in tasks) == 2)

    assert here.queue.depth(here.name).ready == 4
    assert [task.status for task in tasks].count("Running") == 2
    (tmp_path / "over").touch()
    here.plane.until_ended(*tasks)


def test_what_was_held_because_others_were_short_is_handed_back_when_it_cannot_begin(here: Working) -> None:
    def add(how: str) -> Task:
        return here.plane.add("misbehave", {"how": how})

    here.run(*(add("be_everything") for _ in range(50)))  # short: from now on many are held
    long, short = [add("hang"), add("hang")], [add("be_everything") for _ in range(10)]
    here.wake(*long, *short)
    here.plane.until_ended(*short)

    assert [task.status for task in long] == ["Running", "Running"]
    assert "HandedBack" in {task.status for task in short} <= {"Completed", "HandedBack"}


def test_a_probe_is_answered_while_every_slot_is_taken(tmp_path: Path) -> None:
    with working(tmp_path, TRACE_WORKER_SLOTS="1") as here:
        here.start(TRACE_WORKER_QUEUES=f"probe,{here.name}")
        begin(here, "hang")
        here.queue.publish(c.PROBE_QUEUE, [{"probe_id": "p-1"}])

        here.plane.until(lambda: "p-1" in here.plane.probes)


class TestATaskInAProcessOfItsOwn:
    @pytest.fixture
    def here(self, tmp_path: Path) -> Iterator[Working]:
        with working(tmp_path) as here:
            yield here

    def alone(self, here: Working, task: Task) -> Any:
        return here.start("workers.task_process", str(task.id))

    def test_it_runs_the_task_and_ends(self, here: Working) -> None:
        task = here.plane.add("noop")

        assert self.alone(here, task).wait(timeout=30) == 0
        assert task.status == "Completed"

    def test_a_failure_that_was_told_is_an_end_too(self, here: Working) -> None:
        task = here.plane.add("fail")

        assert self.alone(here, task).wait(timeout=30) == 0
        assert task.status == "Failed"

    @pytest.mark.parametrize(("status", "code"), [("Completed", 0), ("Canceled", 0), ("Running", 75)])
    def test_what_it_may_not_have_tells_whether_to_come_back(self, here: Working, status: str, code: int) -> None:
        task = here.plane.add("noop")
        task.status = status

        assert self.alone(here, task).wait(timeout=30) == code

    def test_without_a_plane_it_comes_back(self, here: Working) -> None:
        task = here.plane.add("noop")
        here.plane.is_down = True

        assert self.alone(here, task).wait(timeout=30) == 75

    def test_a_stop_hands_a_source_back_with_all_it_has_emitted(self, here: Working) -> None:
        task = here.plane.add("ticker", {"interval_seconds": 0.05})
        process = self.alone(here, task)
        here.plane.until(lambda: len(task.events) > 2)

        assert here.stop(process) == 75
        assert (task.status, int(task.state)) == ("HandedBack", task.events[-1].cursor)

    def test_a_source_that_was_cancelled_is_over(self, here: Working) -> None:
        task = here.plane.add("ticker", {"interval_seconds": 0.05}, lease_seconds=1)
        process = self.alone(here, task)
        here.plane.until(lambda: task.events)
        task.is_canceled = True

        assert process.wait(timeout=30) == 0
        assert task.status == "Canceled"

    def test_a_kill_takes_its_child_along(self, here: Working) -> None:
        task = here.plane.add("misbehave", {"how": "hang"})
        process = self.alone(here, task)
        here.plane.until(lambda: task.lines)
        os.kill(process.pid, signal.SIGKILL)

        wait_until(lambda: not is_running(pid_in(task)))
