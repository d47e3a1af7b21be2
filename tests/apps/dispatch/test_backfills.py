"""A chosen part of a dataset: what is kept of its inputs makes it, or the source does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.audit.domain import Subject
from apps.audit.models import Record
from apps.dags.models import Dag
from apps.datasets.models import Dataset, Output
from apps.dispatch import effects
from apps.dispatch import services as dispatch
from apps.dispatch.domain import Cause, Status
from apps.dispatch.models import LiveJob, Task
from apps.dispatch.services import covering
from apps.outbox.models import Message
from apps.platform.contracts import Claimed, CompletionAnswer
from apps.platform.errors import Conflict, Invalid, UserError
from apps.platform.ports.objects import ObjectStore
from apps.runs.selectors import Choice, Preview, previewed, read_choice
from apps.runs.services import Backfilled, backfill
from tests.apps.datasets.conftest import keeping
from tests.apps.datasets.makers import begin, completing, current, leaves, parquet_dag, split, whole
from tests.apps.dispatch.invalid import CLOCK, job
from tests.apps.dispatch.makers import arm, claim, failed, job_of, publish, say, tasks_of, work
from tests.factories import Persona, acting

__all__ = ["keeping"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def dag(writer: Persona, data_bucket: ObjectStore) -> Dag:
    """Of six partitions, two are missing: one whose task failed for good, and before it one that nobody asked for."""
    made, claimed = begin(writer, parquet_dag(), ranges=(0, 19))
    do(claimed, data_bucket)
    first, *others = leaves(made, (30, 59))
    say(first, failed(first, retryable=False))
    do(others, data_bucket)
    return made


def do(claimed: Sequence[Claimed], store: ObjectStore) -> None:
    for one in claimed:
        assert isinstance(say(one, completing(one, whole(one, store))), CompletionAnswer)
    publish()


def output(dag: Dag) -> tuple[LiveJob, int]:
    return LiveJob.objects.select_related("dag").get(pk=job_of(dag, "leaf").pk), 0


def version(dag: Dag):  # type: ignore[no-untyped-def]
    return Output.objects.get(dag_id=dag.pk, job="leaf").current


def look(dag: Dag, choice: Choice, *, may_start: bool = True) -> Preview:
    return previewed(output(dag), version(dag), choice, may_start={dag.pk} if may_start else set())


def fill(writer: Persona, dag: Dag, choice: Choice, *, may_start: bool = True) -> Backfilled:
    about = Subject("dataset", str(Dataset.objects.get(name="kept_blocks").pk), "kept_blocks")
    allowed = {dag.pk} if may_start else set()
    return backfill(about, output(dag), version(dag), choice, may_start=allowed, by=acting(writer), now=timezone.now())


def made() -> list[str]:
    """The tasks of a backfill, by what they make."""
    tasks = Task.objects.filter(cause=Cause.BACKFILL).order_by("range_start", "partition_key")
    return [task.partition_key or f"{task.range_start}-{task.range_end}" for task in tasks]


def of_blocks(start: int, end: int) -> Choice:
    return read_choice((start, end), [], "")


GAPS, STALE = read_choice(None, [], "gaps"), read_choice(None, [], "stale")


def test_partitions_that_are_there_are_made_anew_from_what_they_were_made_of(
    writer: Persona, dag: Dag, data_bucket: ObjectStore
) -> None:
    fill(writer, dag, read_choice(None, ["0-9", "40-49"], ""))
    publish()
    assert made() == ["0-9", "40-49"]

    do(claim(*Task.objects.filter(cause=Cause.BACKFILL).values_list("pk", flat=True)), data_bucket)

    assert current() == [("0-9", 2, 10), ("10-19", 1, 10), ("40-49", 2, 10), ("50-59", 1, 10)]


def test_what_is_missing_is_made_of_what_came_or_from_the_source_on(writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
    told = look(dag, GAPS).plan
    assert ([unit.key for unit in told.units], [(one.blocks, one.tasks) for one in told.starts]) == (["30-39"], [((20, 29), 1)])

    run = fill(writer, dag, GAPS).run
    publish()
    split(dag)
    do(claim(*[task.pk for task in tasks_of(dag, "leaf") if task.status == Status.QUEUED]), data_bucket)

    assert [key for key, _, _ in current()] == ["0-9", "10-19", "20-29", "30-39", "40-49", "50-59"]
    assert set(Task.objects.filter(cause=Cause.BACKFILL).values_list("root_id", flat=True)) == {run}


def test_a_preview_says_what_is_rewritten_and_changes_nothing(dag: Dag) -> None:
    before = Task.objects.count()

    told = look(dag, of_blocks(5, 15))

    assert (sorted(told.rewritten.keys), told.rewritten.rows) == (["0-9", "10-19"], 20)
    assert [unit.key for unit in told.plan.units] == ["0-9", "10-19"]
    assert Task.objects.count() == before and not Message.objects.filter(kind="backfill").exists()


def test_what_is_under_way_is_not_done_twice(writer: Persona, dag: Dag) -> None:
    fill(writer, dag, of_blocks(0, 9))

    told = look(dag, of_blocks(0, 19)).plan

    assert ([unit.key for unit in told.units], told.under_way) == (["10-19"], ["0-9"])
    with pytest.raises(Conflict, match="under way already"):
        fill(writer, dag, of_blocks(0, 9))


def test_a_source_that_was_started_over_the_range_is_not_started_again(writer: Persona, dag: Dag) -> None:
    fill(writer, dag, of_blocks(20, 29))
    publish()

    assert look(dag, of_blocks(20, 29)).plan.under_way == ["20-29"]


def test_two_who_ask_at_once_make_each_task_once(writer: Persona, dag: Dag) -> None:
    """The second has been planned before the tasks of the first are made."""
    fill(writer, dag, of_blocks(0, 9))
    live, _ = output(dag)
    plan = dispatch.plan_backfill(live, dispatch.chosen([(10, 19), (40, 59)], []), there=set(), may_start=set())
    dispatch.begin_backfill(live, plan, made_by=None, now=timezone.now())
    fill(writer, dag, of_blocks(40, 59))

    publish()

    assert made() == ["0-9", "10-19", "40-49", "50-59"]


def test_a_bite_that_comes_twice_makes_its_tasks_once(writer: Persona, dag: Dag) -> None:
    fill(writer, dag, of_blocks(0, 19))
    (message,) = Message.objects.filter(kind="backfill")

    for _ in range(2):
        dispatch.go_on(message.payload)

    assert made() == ["0-9", "10-19"]


def test_ten_thousand_go_in_bites(writer: Persona, data_bucket: ObjectStore) -> None:
    dag, claimed = begin(writer, parquet_dag(chunk=1), ranges=(0, 9_999))
    for one in claimed:
        say(one, failed(one, retryable=False))
    Task.objects.filter(job_id=job_of(dag, "leaf").pk).update(status=Status.FAILED, next_retry_at=None)

    fill(writer, dag, of_blocks(0, 9_999))
    assert len(made()) == 1 and Message.objects.filter(kind="backfill").count() == 20
    publish()

    assert len(made()) == 10_000


def test_more_than_ten_thousand_are_refused(dag: Dag) -> None:
    with pytest.raises(Invalid, match="at most 10,000"):
        look(dag, of_blocks(0, 200_000))


def test_what_it_is_made_of_was_made_again_and_nobody_told_it(writer: Persona, dag: Dag) -> None:
    assert look(dag, STALE).plan.tasks == 0
    dispatch.rerun_tasks([tasks_of(dag, "chunks")[0].pk], alone=True, made_by=None)
    publish()
    split(dag)

    assert [unit.key for unit in look(dag, STALE).plan.units] == ["0-9", "10-19"]


def test_without_the_right_to_start_its_source_it_says_what_it_takes(writer: Persona, dag: Dag) -> None:
    assert look(dag, of_blocks(20, 29), may_start=False).plan.lacking == [
        ("20-29", "A job of a DAG that you may not change would have to be started, which takes the right to change its DAG")
    ]
    with pytest.raises(Conflict, match="Nothing can be made of 20-29"):
        fill(writer, dag, of_blocks(20, 29), may_start=False)


def test_a_thousand_gaps_are_asked_about_once(dag: Dag, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    live, _ = output(dag)

    def plan(gaps: int) -> dispatch.Plan:
        wanted = dispatch.chosen([(at, at + 9) for at in range(1_000, 1_000 + 20 * gaps, 20)], [])
        return dispatch.plan_backfill(live, wanted, there=set(), may_start={dag.pk})

    with CaptureQueriesContext(connection) as asked:
        plan(1)
    with django_assert_num_queries(len(asked)):
        told = plan(1_000)

    # Each is a task of the source, made while the asker waits.
    assert [one.blocks for one in told.starts] == [(at, at + 9) for at in range(1_000, 11_000, 20)]
    assert len(told.lacking) == 500 and told.lacking[0][0] == "11000-11009" and "ask for it again" in told.lacking[0][1]


def test_what_meets_again_on_the_way_up_is_climbed_once(
    writer: Persona, django_assert_max_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ten that part and meet there are a thousand ways, and none leads to a source that can be asked."""
    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)
    dag = arm(writer, _diamonds(10), name="ranges")
    live = LiveJob.objects.select_related("dag").get(pk=job_of(dag, "a9").pk)

    with django_assert_max_num_queries(40):
        told = dispatch.plan_backfill(live, dispatch.chosen([(0, 9)], []), there=set(), may_start={dag.pk})

    ((_, why),) = told.lacking
    assert "is a source of kind always_on" in why


def _diamonds(depth: int) -> str:
    text = CLOCK + job("a0", reads="clock", strategy="PerPartition") + job("b0", reads="clock", strategy="PerPartition")
    for level in range(1, depth):
        both = f"job: a{level - 1} }} }}, {{ from: {{ job: b{level - 1}"
        for name in "ab":
            one = job(f"{name}{level}", reads=f"a{level - 1}", strategy="PerPartition")
            text += one.replace(f"job: a{level - 1}", both)
    return text


def test_a_key_that_nothing_says_is_told(dag: Dag) -> None:
    ((key, why),) = look(dag, read_choice(None, ["elsewhere"], "")).plan.lacking

    assert key == "elsewhere" and "has this key" in why


def test_a_paused_job_makes_nothing(writer: Persona, dag: Dag) -> None:
    LiveJob.objects.filter(pk=job_of(dag, "leaf").pk).update(paused_at=timezone.now())

    with pytest.raises(Conflict, match="paused"):
        fill(writer, dag, GAPS)


def test_it_is_audited(writer: Persona, dag: Dag) -> None:
    run = fill(writer, dag, of_blocks(0, 29)).run

    record = Record.objects.get(action="dataset.backfill")
    assert record.after == {"range": [0, 29], "run": str(run), "tasks": 3, "rewritten": 2, "started": 1}


def test_of_a_job_that_is_another_by_now_nothing_is_made(writer: Persona, dag: Dag) -> None:
    fill(writer, dag, of_blocks(0, 19))
    (message,) = Message.objects.filter(kind="backfill")
    payload = message.payload | {"order": message.payload["order"] | {"generation": message.payload["order"]["job_id"]}}

    assert dispatch.go_on(payload) == []


@pytest.mark.parametrize(
    ("given", "keys", "part"),
    [(None, [], ""), ((0, 1), ["a"], ""), ((2, 1), [], ""), (None, ["a\n"], ""), (None, [], "some"), (None, ["x"] * 10_001, "")],
)
def test_a_choice_that_cannot_be_meant_is_refused(given: tuple[int, int] | None, keys: list[str], part: str) -> None:
    with pytest.raises(UserError):
        read_choice(given, keys, part)


FOLLOWS = """name: follows
jobs:
  - name: next
    activation: reactive
    runtime: ecs_platform
    operator: noop
    outputs: 1
    inputs: [{ from: { dataset: kept_blocks } }]
    execution_strategy: PerPartition
    update_strategy: replace
"""


def test_jobs_below_are_told(dag: Dag, writer: Persona) -> None:
    arm(writer, FOLLOWS, name="follows")

    assert look(dag, GAPS).below == [job_of(Dag.objects.get(name="follows"), "next").pk]


def test_those_below_hear_of_what_was_made_anew(writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
    follows = arm(writer, FOLLOWS, name="follows")
    work(tasks_of(follows, "next"))
    fill(writer, dag, of_blocks(0, 9))
    publish()

    do(claim(*Task.objects.filter(cause=Cause.BACKFILL).values_list("pk", flat=True)), data_bucket)

    assert [task.partition_key for task in tasks_of(follows, "next") if task.status == Status.QUEUED] == ["0-9"]


# Of what is over a thousand times as much as of what is open.
_OVER = """
INSERT INTO dispatch_task (
    org_id, job_id, version_job_id, generation, root_id, cause, dedupe_key, is_alone, status, attempt, failures, priority, runtime,
    partition_key, range_start, range_end, created_at, queued_at, worker_id, container
)
SELECT j.org_id, j.id, j.job_id, j.generation, uuidv7(), 'event', 'old:' || n, false, 'completed', 1, 0, 1, 'ecs_platform',
    n::text, n, n, now(), now(), '', ''
FROM generate_series(1, 20000) AS n, dispatch_livejob AS j WHERE j.id = %s
"""


def test_to_see_what_is_under_way_no_history_is_read(dag: Dag) -> None:
    live, _ = output(dag)
    params: dict[str, Any] = {"org_id": live.org_id, "job_ids": [live.pk], "keys": [], "ranges": covering.multirange([(0, 100)])}
    with connection.cursor() as cursor:
        cursor.execute(_OVER, [live.pk])
        cursor.execute("ANALYZE dispatch_task")
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {covering._UNDER_WAY}", params)
        plan = str(cursor.fetchone()[0])

    # Months to come are empty, and read whole.
    assert max(map(int, map(float, re.findall(r"'Rows Removed by Filter': ([\d.]+)", plan))), default=0) < 100
