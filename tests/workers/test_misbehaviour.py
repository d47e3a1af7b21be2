"""Operators that crash, hang, leave things behind and talk nonsense: the task fails and says why, the worker goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.platform import contracts as c
from tests.journeys.stack import wait_until
from tests.workers.plane import Task
from tests.workers.working import Working, is_running, pid_in, working


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    with working(tmp_path_factory.mktemp("worker")) as here:
        here.start()
        yield here


def misbehave(here: Working, how: str, *, given: dict[str, Any] | None = None, **order: Any) -> Task:
    return here.plane.add("misbehave", {"how": how, "given": given or {}}, **order)


def still_works(here: Working) -> bool:
    task = misbehave(here, "tell_pid")
    here.run(task)
    return task.status == "Completed"


@pytest.mark.parametrize(
    ("how", "given", "told"),
    [
        ("touch_null", {}, "signal 11"),
        ("kill_itself", {}, "killed (signal 9), most likely because the machine ran out of memory; the task may take 256 MB"),
        ("leave_at_once", {"code": 7}, "exit code 7"),
        ("leave_at_once", {"code": 0}, "exit code 0"),
        ("scribble", {}, "broke its connection"),
        ("forge_an_end", {"body": '"events":[]}},{"capability_token":"","body":{"a":1'}, "broke its connection"),
        ("forge_an_end", {"body": '"events":["HALF"]'}, "broke its connection"),
        ("forge_an_end", {"body": "", "ending": "Perhaps"}, "broke its connection"),
    ],
)
def test_a_process_that_ends_fails_its_task_and_no_other(here: Working, how: str, given: dict[str, Any], told: str) -> None:
    tasks = [misbehave(here, "tell_pid"), misbehave(here, how, given=given), misbehave(here, "tell_pid")]
    here.run(*tasks)

    assert [task.status for task in tasks] == ["Completed", "Failed", "Completed"]
    assert (tasks[1].error.type, tasks[1].error.retryable) == ("ChildDied", True)
    assert told in tasks[1].error.message


def test_the_line_before_a_crash_is_kept(here: Working) -> None:
    task = misbehave(here, "touch_null")
    here.run(task)

    assert "about to" in task.text


def test_who_takes_too_much_memory_is_told_how_much_is_allowed(here: Working) -> None:
    greedy, modest = (misbehave(here, "take_memory", given={"megabytes": size}, memory_mb=256) for size in (2048, 128))
    here.run(greedy, modest)

    assert (greedy.error.type, modest.status) == ("MemoryError", "Completed")
    assert "more than the 256 MB" in greedy.error.message


@pytest.mark.parametrize(
    ("how", "given", "kind", "retryable"),
    [
        ("raise_error", {"message": "no\x00thing"}, "RuntimeError", True),
        ("exit_politely", {}, "SystemExit", True),
        ("emit_to_nowhere", {}, "bad_configuration", False),
        ("there_is_no_such_deed", {}, "KeyError", True),
    ],
)
def test_what_is_raised_is_told(here: Working, how: str, given: dict[str, Any], kind: str, retryable: bool) -> None:
    task = misbehave(here, how, given=given)
    here.run(task)

    assert (task.error.type, task.error.retryable) == (kind, retryable)
    assert "Traceback" in task.error.stack and "\x00" not in task.error.message


@pytest.mark.parametrize(
    "what",
    [
        "negative", "too great", "backwards", "both", "no key", "too long", "data with a NUL", "data with half a character",
        "data that is infinite", "data that is no JSON", "key with half a character", "state with a NUL", "state that is no number",
        "state without an end", "metric", "metric with a NUL", "metric with half a character", "metric without bounds",
        "too many metrics", "progress",
    ],
)  # fmt: skip
def test_what_the_platform_would_not_read_is_refused_where_it_is_said(here: Working, what: str) -> None:
    task = misbehave(here, "emit_badly", given={"what": what})
    here.run(task)

    assert (task.error.type, task.error.retryable) == ("bad_input", False)
    assert "deeds.py" in task.error.stack


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ("backwards", "bad_input"), ("too great", "bad_input"), ("no key", "bad_input"), ("a person's reason", "bad_input"),
        ("no reason", "bad_input"), ("another output", "bad_configuration"),
    ],
)  # fmt: skip
def test_so_is_what_it_cannot_take_back(here: Working, what: str, kind: str) -> None:
    task = misbehave(here, "take_back_badly", given={"what": what})
    here.run(task)

    assert (task.error.type, task.error.retryable) == (kind, False)
    assert "deeds.py" in task.error.stack


def test_as_many_metrics_as_a_task_may_have_arrive_beside_the_platforms_own(here: Working) -> None:
    task = misbehave(here, "measure_much", given={"metrics": 190})
    here.run(task)

    assert task.completion and {f"m{number}" for number in range(190)} < task.completion.metrics.keys()


def test_a_report_that_cannot_be_read_fails_its_task(here: Working) -> None:
    here.plane.faults[c.COMPLETIONS_PATH] = [400]
    task = misbehave(here, "tell_pid")
    here.run(task)

    assert (task.error.type, task.error.retryable) == ("ReportRefused", False)


def test_an_operator_that_is_not_installed_fails_its_task(here: Working) -> None:
    task = here.plane.add("not_installed")
    here.run(task)

    assert task.error.message == "There is no operator not_installed here; install the package that ships it on the workers."


def test_what_hangs_and_bears_every_word_is_killed_at_its_timeout(here: Working) -> None:
    task = misbehave(here, "hang", timeout_seconds=1)
    here.run(task)

    assert (task.error.type, task.error.retryable) == ("TimedOut", True)
    assert "after 1 s" in task.error.message
    assert not is_running(pid_in(task))


@pytest.mark.parametrize("after", ["return", "crash"])
def test_a_daemon_is_ended_with_the_task_that_left_it(here: Working, after: str) -> None:
    task = misbehave(here, "leave_a_daemon", given={"after": after})
    here.run(task)
    daemon = pid_in(task)

    wait_until(lambda: not is_running(daemon), what=f"process {daemon} outlived its task")
    assert still_works(here)


def test_a_thread_that_goes_on_takes_its_process_along(here: Working) -> None:
    first, second = misbehave(here, "leave_a_thread"), misbehave(here, "tell_pid")
    before = misbehave(here, "tell_pid")
    here.run(before)
    here.run(first)
    here.run(second)

    assert pid_in(before) != pid_in(second)


def test_garbage_on_the_output_becomes_lines(here: Working) -> None:
    task = misbehave(here, "print_garbage")
    here.run(task)

    assert task.status == "Completed"
    assert "from print" in task.text
    assert "library: from logging" in task.text
    assert any("without an end of line" in line for line in task.text)
    assert still_works(here)


def test_what_is_slow_does_not_hold_up_what_was_sent_with_it(here: Working, tmp_path: Path) -> None:
    quick = [misbehave(here, "be_everything") for _ in range(50)]
    here.run(*quick)  # from now on they are sent together
    slow = misbehave(here, "flush_and_wait", given={"until": str(tmp_path / "over")})
    others = [misbehave(here, "be_everything") for _ in range(50)]
    here.wake(slow, *others)
    here.plane.until_ended(*others)
    (tmp_path / "over").touch()
    here.plane.until_ended(slow)

    assert {task.attempt for task in others} == {1}


def test_poison_on_the_queue_is_dropped_and_the_rest_goes_on(here: Working) -> None:
    task = misbehave(here, "tell_pid")
    here.publish("text", 7, None, [], {}, {"task_id": 1}, {"task_id": "no id"}, {"task_id": str(task.id)})
    here.plane.until_ended(task)

    wait_until(here.holds_nothing)


@pytest.mark.parametrize("why", [why for why in c.WhyNot if why != c.WhyNot.NOT_FOUND])
def test_what_cannot_be_claimed_is_let_go(here: Working, why: c.WhyNot) -> None:
    task = misbehave(here, "tell_pid")
    task.status = {c.WhyNot.ALREADY_RUNNING: "Running", c.WhyNot.PAUSED: "HandedBack"}.get(why, why)
    here.wake(task)

    wait_until(lambda: here.plane.calls[c.CLAIMS_PATH] and here.holds_nothing())
    assert task.completion is None


def test_a_task_that_nobody_knows_is_let_go(here: Working) -> None:
    here.publish({"task_id": "00000000-0000-0000-0000-000000000009"})

    wait_until(lambda: here.plane.calls[c.CLAIMS_PATH] and here.holds_nothing())
