"""Runs at a terminal, against the real application."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction

from apps.dags.models import Dag
from apps.dispatch import services
from apps.dispatch.models import Task
from apps.dispatch.services import logs
from apps.platform.contracts import Claimed, LogBatch, LogLine
from tests.apps.cli.terminal import Terminal, answers
from tests.apps.dispatch.conftest import keys, signing_keys
from tests.apps.dispatch.makers import claim_one, failed, fence, publish, say, tasks_of, work
from tests.apps.runs.makers import armed, completed, dead, run_of, splitter
from tests.factories import NOON, Persona

__all__ = ["keys", "signing_keys"]
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "data"])


@pytest.fixture
def dag(writer: Persona, keys: Iterator[None]) -> Dag:
    return armed(writer)


def test_a_run_is_started_with_its_range(seat: Terminal, dag: Dag) -> None:
    run = seat.run("run", "ranges", "start", "--range", "5-9")

    (task,) = tasks_of(dag, "start")
    assert (run.code, run.out) == (0, f"{task.pk}\n")
    assert (task.range_start, task.range_end) == (5, 9)


def test_a_key_makes_it_one_run(seat: Terminal, dag: Dag) -> None:
    first, second = (seat.run("run", "ranges", "start", "--key", "a") for _ in range(2))

    assert first.out == second.out and len(tasks_of(dag, "start")) == 1


def test_a_job_that_listens_is_done_again_over_a_range(seat: Terminal, dag: Dag) -> None:
    completed(dag)

    assert seat.run("run", "ranges", "chunks", "--range", "0-10").out == f"{splitter(dag).pk}\n"


@pytest.mark.parametrize(("ends", "code", "words"), [("well", 0, "completed: 2 tasks"), ("badly", 1, "failed: 1 failed")])
def test_following_ends_as_the_run_does(seat: Terminal, dag: Dag, ends: str, code: int, words: str) -> None:
    def go_on() -> None:
        publish()
        for task in tasks_of(dag, "chunks"):
            if task.status != "queued":
                continue
            if ends == "well":
                work([task])
            else:
                claimed = claim_one(task.pk)
                say(claimed, failed(claimed, retryable=False, words="no such block"))

    seat.on_sleep = go_on
    run = seat.run("run", "ranges", "start", "--range", "0-9", "--follow")

    assert run.code == code and words in run.out
    assert ("no such block" in run.out) == (ends == "badly")


@pytest.mark.parametrize("text", ["x", "5-", "-5", "5-6-7"])
def test_a_range_that_is_none_is_told_so(seat: Terminal, text: str) -> None:
    run = seat.run("run", "ranges", "start", f"--range={text}")

    assert run.code == 2 and "is no range" in run.err


def write(claimed: Claimed, first: int) -> None:
    lines = [LogLine(at=NOON, level="info", text=f"line {number}") for number in range(first, first + 2)]
    with transaction.atomic():
        services.append(LogBatch(**fence(claimed), first_line=first, lines=lines))


def test_of_a_source_the_newest_lines_are_written_and_those_that_are_gone_are_told(
    seat: Terminal, dag: Dag, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_of(dag)
    claimed = claim_one(splitter(dag).pk)
    Task.objects.filter(pk=claimed.task_id).update(cause="source")
    monkeypatch.setattr(logs, "MOST_LINES", 4)
    for first in range(0, 10, 2):
        write(claimed, first)

    run = seat.run("logs", str(claimed.task_id))

    assert [line.split("  ")[-1].strip() for line in run.out.splitlines()] == [f"line {number}" for number in range(6, 10)]
    assert run.err == "6 older lines are no longer kept.\n"


def test_a_log_is_followed_to_its_end_each_line_once(seat: Terminal, dag: Dag) -> None:
    run_of(dag)
    claimed = claim_one(splitter(dag).pk)

    write(claimed, 0)
    written = iter([2, 4])

    def go_on() -> None:
        first = next(written, None)
        if first is None:
            say(claimed, failed(claimed, retryable=False))
        else:
            write(claimed, first)

    seat.on_sleep = go_on

    run = seat.run("logs", str(claimed.task_id), "-f")

    assert run.code == 0
    assert [line.split("  ")[-1].strip() for line in run.out.splitlines()] == [f"line {number}" for number in range(6)]


def test_tasks_are_tried_again_and_canceled_by_id_and_by_filter(seat: Terminal, dag: Dag) -> None:
    task = dead(dag)

    assert seat.run("retry", str(task.pk)).out == f"{task.pk}  queued\n"
    assert seat.run("cancel", "--dag", "ranges", "--status", "queued").out == "1 task canceled.\n"
    assert splitter(dag).status == "canceled"


@pytest.mark.parametrize("arguments", [(), ("0190c0de-0000-7000-8000-000000000000", "--dag", "ranges")])
def test_either_tasks_or_a_filter_are_named(seat: Terminal, arguments: tuple[str, ...]) -> None:
    assert seat.run("cancel", *arguments).code == 2


def test_dead_letters_make_the_status_a_failure(seat: Terminal, dag: Dag) -> None:
    assert seat.run("status").code == 0

    dead(dag)

    run = seat.run("status", "ranges")
    assert run.code == 1 and run.out.splitlines()[1].split() == ["ranges", "0", "0", "0", "0", "1"]


def test_tasks_are_listed_as_they_are_filtered(seat: Terminal, dag: Dag) -> None:
    task = dead(dag, blocks=(0, 999))

    run = seat.run("tasks", "--status", "dead")

    assert [line.split()[:5] for line in run.out.splitlines()[1:]] == [[str(task.pk), "ranges", "chunks", "0-999", "failed"]]
    assert "there are more" in seat.run("tasks", "--limit", "1").err


def test_a_task_is_done_anew(seat: Terminal, dag: Dag) -> None:
    task = dead(dag)

    assert seat.run("rerun", str(task.pk)).out == f"{splitter(dag).pk}\n"
    assert splitter(dag).cause == "rerun"


def test_a_log_without_a_line_says_so(seat: Terminal, dag: Dag) -> None:
    task = dead(dag)

    run = seat.run("logs", str(task.pk))

    assert (run.out, run.err) == ("", "No line was written.\nfailed: Broken: it broke\n")


def test_a_call_that_is_made_twice_carries_one_key(terminal: Terminal) -> None:
    seen: list[str] = []
    handle = answers({"code": "unavailable", "message": "down"}, status=503)

    def watch(request):  # type: ignore[no-untyped-def]
        seen.append(request.headers["Idempotency-Key"])
        return handle(request)

    terminal.handler = watch

    assert terminal.run("run", "ranges", "start").code == 4
    assert len(seen) > 1 and len(set(seen)) == 1
