"""From a message to a completion: what a worker makes of tasks that behave."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from apps.platform import contracts as c
from tests.journeys.stack import wait_until
from tests.workers.working import Working, pid_in, working


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    with working(tmp_path_factory.mktemp("worker")) as here:
        here.start()
        yield here


def arrived(**event: object) -> list[c.ArrivedEvent]:
    return [c.ArrivedEvent(input=0, event=c.EventSeen(output=1, **event))]


def test_a_task_is_claimed_run_completed_and_its_message_acknowledged(here: Working) -> None:
    task = here.plane.add("range_splitter", {"chunk_size": 10}, arrived=arrived(start=2**62, end=2**62 + 14))
    here.run(task)

    assert [(event.start, event.end) for event in task.events] == [(2**62, 2**62 + 9), (2**62 + 10, 2**62 + 14)]
    wait_until(here.holds_nothing)


def test_two_wake_ups_of_one_task_in_one_receive_run_it_once(tmp_path: Path) -> None:
    with working(tmp_path) as here:
        task = here.plane.add("noop")
        here.wake(task, task)
        here.start()
        here.plane.until_ended(task)

        assert task.attempt == 1
        wait_until(here.holds_nothing)


def test_what_an_operator_says_of_itself_arrives(here: Working) -> None:
    task = here.plane.add("misbehave", {"how": "be_everything", "given": {"rows": 3}})
    here.run(task)

    assert task.completion and task.completion.metrics["rows"] == 42
    assert [(line.level, line.text) for line in task.lines] == [("warning", "careful rows=3")]


def test_all_kinds_of_events_pass_through(here: Working) -> None:
    events = [*arrived(cursor=2**60), *arrived(start=1, end=2), *arrived(partition_key="däy 1"), *arrived(data={"a": [1]})]
    task = here.plane.add("noop", arrived=events)
    here.run(task)

    told = [event.model_dump(exclude={"dataset_uuid", "dataset_version"}, exclude_none=True) for event in task.events]
    assert told == [{"cursor": 2**60}, {"start": 1, "end": 2}, {"partition_key": "däy 1"}, {"data": {"a": [1]}}]


def test_what_is_taken_back_goes_in_order_with_what_is_said(here: Working) -> None:
    task = here.plane.add(
        "misbehave", {"how": "take_back"}, arrived=[*arrived(start=995, end=1005), *arrived(partition_key="däy 1")]
    )
    here.run(task)

    told = [
        event.model_dump(mode="json", exclude={"dataset_uuid", "dataset_version"}, exclude_none=True) for event in task.events
    ]
    assert told == [
        {"scope": "row_range", "row_filter": {"block_number": {"gte": "995", "lte": "1005"}}, "reason": "reorg"},
        {"start": "995", "end": "1005"},
        {"scope": "partition", "partition_key": "däy 1", "reason": "correction"},
    ]


def test_an_operator_knows_that_what_arrives_is_to_be_done_again(here: Working) -> None:
    seen = c.EventSeen(output=0, start=0, end=999, partition_key="0-999")
    task = here.plane.add("misbehave", {"how": "take_back"}, arrived=[c.ArrivedEvent(input=0, event=seen, invalidation="reorg")])
    here.run(task)

    assert [event.data for event in task.events] == [{"because": "reorg"}]


def test_state_goes_from_task_to_task(here: Working, tmp_path: Path) -> None:
    over = tmp_path / "over"
    over.touch()
    task = here.plane.add("misbehave", {"how": "flush_and_wait", "given": {"until": str(over)}})
    task.state, task.revision = 4, 9
    here.run(task)

    assert (task.state, task.revision, task.events[0].cursor) == (5, 10, 5)


def test_an_attempt_knows_its_number(here: Working) -> None:
    task = here.plane.add("fail", {"times": 1, "message": "Not yet."})
    here.run(task)

    assert (task.error.type, task.error.message, task.error.retryable) == ("Retry", "Not yet.", True)
    task.status, task.completion = "Queued", None
    here.run(task)
    assert task.status == "Completed"


def test_a_hundred_thousand_events_arrive_in_reports_that_are_allowed(here: Working) -> None:
    task = here.plane.add("misbehave", {"how": "emit_many", "given": {"events": 100_000}}, timeout_seconds=60)
    here.run(task)

    assert task.status == "Completed"
    assert [event.cursor for event in task.events] == list(range(100_000))
    assert task.sequences == list(range(1, len(task.sequences) + 1)) and len(task.sequences) > 1


def test_a_task_that_gathers_more_than_a_socket_holds_is_run(here: Working) -> None:
    events = [event for cursor in range(10_000) for event in arrived(cursor=cursor)]
    task = here.plane.add("noop", arrived=events)
    here.run(task)

    assert [event.cursor for event in task.events] == list(range(10_000))
    assert task.attempt == 1


def test_fifty_thousand_lines_arrive_in_order_before_the_end_is_told(here: Working) -> None:
    task = here.plane.add("misbehave", {"how": "say_much", "given": {"lines": 50_000}}, timeout_seconds=60)
    here.run(task)

    assert task.lines_at_end == 50_000
    assert task.text == [f"line number={number}" for number in range(50_000)]


def test_when_too_much_was_said_the_task_goes_on_unheard(here: Working) -> None:
    task = here.plane.add("misbehave", {"how": "say_much", "given": {"lines": 20_000}}, timeout_seconds=60)
    task.most_lines = 1_000
    here.run(task)

    assert task.status == "Completed"
    assert 1_000 < len(task.lines) < 10_000


def test_a_child_serves_the_tasks_of_one_operator_of_one_org(here: Working) -> None:
    tell = {"how": "tell_pid"}
    mine = [here.plane.add("misbehave", tell) for _ in range(2)]
    for task in mine:
        here.run(task)
    theirs = here.plane.add("misbehave", tell, org_id=UUID(int=8))
    here.run(theirs)

    assert pid_in(mine[0]) == pid_in(mine[1]) != pid_in(theirs)


def test_secrets_are_in_the_environment_of_one_task_and_of_no_other(here: Working) -> None:
    tell = {"how": "tell_environment"}
    tasks = [here.plane.add("misbehave", tell, secrets=secrets) for secrets in ({}, {"API_KEY": "s3cret"}, {})]
    for task in tasks:
        here.run(task)

    assert ["secret value='s3cret'" in task.text for task in tasks] == [False, True, False]
    names = {line for task in tasks for line in task.text if line.isupper()}
    assert names <= {
        "PATH",
        "LANG",
        "HOME",
        "TMPDIR",
        "PYTHONPATH",
        "LC_CTYPE",
        "API_KEY",
        "TZ",
        "SSL_CERT_FILE",
        "AWS_EC2_METADATA_DISABLED",
    }
    assert "s3cret" not in here.log


@pytest.mark.parametrize(
    "name", ["LD_PRELOAD", "LD_LIBRARY_PATH", "PYTHONSTARTUP", "PATH", "HOME", "HTTPS_PROXY", "no_proxy", "SSL_CERT_DIR"]
)
def test_a_secret_named_as_what_every_process_obeys_is_refused(here: Working, name: str) -> None:
    task = here.plane.add("misbehave", {"how": "tell_environment"}, secrets={"API_KEY": "s3cret", name: "evil.so"})
    here.run(task)

    assert (task.error.type, task.error.retryable, task.lines) == ("secret_refused", False, [])
    assert task.error.message.startswith(f"A secret cannot be named {name}:")
    assert "evil" not in task.error.message


def test_a_secret_that_no_environment_can_hold_fails_its_task_and_not_its_worker(here: Working) -> None:
    task = here.plane.add("misbehave", {"how": "tell_environment"}, secrets={"API_KEY": "a\0b"})
    here.run(task)

    assert (task.error.type, task.error.retryable) == ("secret_refused", False)
    assert "API_KEY holds a NUL" in task.error.message


def test_a_child_is_replaced_after_so_many_tasks(tmp_path: Path) -> None:
    with working(tmp_path, TRACE_WORKER_CHILD_TASKS="2", TRACE_WORKER_SLOTS="1") as here:
        here.start()
        tasks = [here.plane.add("misbehave", {"how": "tell_pid"}) for _ in range(3)]
        for task in tasks:
            here.run(task)

        assert pid_in(tasks[0]) == pid_in(tasks[1]) != pid_in(tasks[2])


def test_a_thousand_short_tasks_are_each_done_once(here: Working) -> None:
    tasks = [here.plane.add("noop", arrived=arrived(cursor=number)) for number in range(1_000)]
    here.wake(*tasks, *tasks[:100])
    here.plane.until_ended(*tasks)

    assert [task.events[0].cursor for task in tasks] == list(range(1_000))
    assert {task.attempt for task in tasks} == {1}
    assert all(len(task.events) == 1 for task in tasks)
    wait_until(here.holds_nothing)


def test_wake_ups_that_come_twice_at_once_are_asked_about_once(here: Working) -> None:
    """The plane answers once for a task, however often it is named."""
    tasks = [here.plane.add("noop", arrived=arrived(cursor=number)) for number in range(50)]
    here.run(*(task for task in tasks for _ in range(3)))

    wait_until(here.holds_nothing)
    assert "answered" not in here.log
