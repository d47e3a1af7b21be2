"""The loops that find what was lost, and leave alone what only waits."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.dags.domain import Cutover
from apps.dags.models import Build, DagVersion
from apps.dispatch import capabilities, services
from apps.dispatch.domain import Cause, Status
from apps.dispatch.models import Task
from apps.dispatch.services.creating import Wish, create_tasks
from apps.dispatch.services.handing import LEAST_READY, top_up
from apps.dispatch.tasks import reconcile
from apps.platform.contracts import Heartbeat, TaskError
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim, claim_one, fence, job_of, publish, start, tasks_of
from tests.factories import Persona, make_org, make_persona
from tests.journeys.stack import wait_until

HOOK = """  - name: hook
    activation: source
    runtime: dispatcher
    operator: trigger_webhook
    outputs: 1
    source: { kind: webhook, path: deploys/main }
    secrets: [HOOK_KEY]
    config: { max_bytes: 1000 }
"""


def minutes_ago(number: float) -> object:
    return timezone.now() - timedelta(minutes=number)


@pytest.mark.django_db
def test_what_waits_for_its_turn_in_a_deep_queue_is_not_told_of_again(writer: Persona) -> None:
    dag = arm(writer, manual())
    for at in (0, 10, 20):
        start(dag, block_range=(at, at + 9))
    before, waits, after = tasks_of(dag, "chunks")
    Task.objects.filter(pk=before.pk).update(handed_at=minutes_ago(6), status=Status.RUNNING)
    Task.objects.filter(pk=waits.pk).update(handed_at=minutes_ago(8), told_again_at=minutes_ago(3))
    Task.objects.filter(pk=after.pk).update(handed_at=minutes_ago(2), status=Status.COMPLETED)
    assert services.wake_unheard(after_seconds=60) == 0

    Task.objects.filter(pk=after.pk).update(status=Status.RUNNING)
    assert services.wake_unheard(after_seconds=60) == 1, "one that came later has begun: its own wake-up was lost"


@pytest.mark.parametrize(
    ("handed", "told_again", "is_told"),
    [
        (1.1, None, True),  # however long it waited behind the valve before
        (0.9, None, False),
        (3, 1.1, False),
        (3, 1.6, True),
        (12, 5, False),
        (12, 7, True),
        (600, 9, False),
        (600, 11, True),
        (1.1, 300, True),  # handed over anew since
        (0.9, 300, False),
    ],
)
@pytest.mark.django_db
def test_what_nobody_began_is_told_of_again_after_twice_the_time(
    writer: Persona, handed: float, told_again: float | None, is_told: bool
) -> None:
    """In minutes: after one, and at last every ten."""
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    Task.objects.filter(pk=tasks_of(dag, "chunks")[0].pk).update(
        handed_at=minutes_ago(handed), told_again_at=told_again and minutes_ago(told_again), queued_at=minutes_ago(700)
    )

    assert services.wake_unheard(after_seconds=60) == is_told
    assert services.wake_unheard(after_seconds=60) == 0


@pytest.mark.django_db
def test_what_is_told_of_again_stays_as_long_in_the_queue_as_it_was(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    (task,) = tasks_of(dag, "chunks")
    Task.objects.filter(pk=task.pk).update(handed_at=minutes_ago(5))
    (before,) = tasks_of(dag, "chunks")

    services.wake_unheard(after_seconds=60)

    assert tasks_of(dag, "chunks")[0].handed_at == before.handed_at


@pytest.mark.django_db(transaction=True)
def test_orgs_are_handed_over_one_by_one(elsewhere: psycopg.Connection) -> None:
    """One that is held by somebody for long holds up none that came before it."""
    dags = [arm(make_persona("writer", org=make_org(slug)), manual(slug), name=slug) for slug in ("one", "two")]
    first, second = sorted(dags, key=lambda dag: dag.org_id)
    create_tasks([Wish(job_of(dag, "chunks").pk, "k", Cause.EVENT, partition_key="k") for dag in dags])
    elsewhere.execute("SELECT pg_advisory_xact_lock(hashtextextended('hand-over/' || %s, 0))", [str(second.org_id)])

    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '300ms'")
    assert services.hand_over_everywhere() == 1, "what is wrong with one org is no other's"

    assert [tasks_of(dag, "chunks")[0].handed_at is not None for dag in (first, second)] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_a_build_that_cannot_be_advanced_holds_up_nothing_else(elsewhere: psycopg.Connection, writer: Persona) -> None:
    dags = [arm(writer, manual(slug), name=slug) for slug in ("one", "two", "three")]
    first, second = (
        Build.objects.create(version=one, dag=one.dag, cutover=Cutover.MANUAL, scope=["chunks"], made_at=timezone.now())
        for one in DagVersion.objects.filter(dag__in=dags[:2]).order_by("dag__name")
    )
    create_tasks([Wish(job_of(dags[2], "chunks").pk, "k", Cause.EVENT, partition_key="k")])
    elsewhere.execute("SELECT FROM dags_dag WHERE id = %s FOR UPDATE", [first.dag_id])
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '300ms'")

    reconcile()

    assert [Build.objects.get(pk=one.pk).planned_at is not None for one in (first, second)] == [False, True]
    assert tasks_of(dags[2], "chunks")[0].handed_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_claim_waits_for_nobody_who_hands_over(elsewhere: psycopg.Connection, writer: Persona) -> None:
    """It is committed by then: an answer that came too late would be a lease that nobody holds."""
    dag = arm(writer, manual())
    job = job_of(dag, "chunks")
    with transaction.atomic():
        create_tasks([Wish(job.pk, f"k{n}", Cause.EVENT, partition_key=f"k{n}") for n in range(LEAST_READY + 1)])
        top_up([dag.org_id])
    handed = [task.pk for task in tasks_of(dag, "chunks") if task.handed_at]
    elsewhere.execute("SELECT pg_advisory_xact_lock(hashtextextended('hand-over/' || %s, 0))", [str(dag.org_id)])

    assert claim(*handed[:2])
    assert len(handed) == LEAST_READY == Task.objects.filter(job_id=job.pk, handed_at__isnull=False).count()

    elsewhere.rollback()
    claim(handed[2])
    assert Task.objects.filter(job_id=job.pk, handed_at__isnull=False).count() == LEAST_READY + 1


@pytest.mark.parametrize("change", ["heartbeat", "retry"])
@pytest.mark.django_db(transaction=True)
def test_tasks_are_locked_in_the_order_of_their_ids(elsewhere: psycopg.Connection, writer: Persona, change: str) -> None:
    """Whoever waits for the first holds none of the others yet: two who lock several never wait for each other."""
    dag = arm(writer, manual())
    for at in range(0, 40, 10):
        start(dag, block_range=(at, at + 9))
    tasks = tasks_of(dag, "chunks")
    held = claim(*[task.pk for task in reversed(tasks)])
    beats = [(Heartbeat(**fence(one)), capabilities.read(one.capability_token, now=timezone.now())) for one in held]
    if change == "retry":
        Task.objects.update(status=Status.FAILED)
    elsewhere.execute("SELECT FROM dispatch_task WHERE id = %s FOR UPDATE", [tasks[0].pk])
    seen: list[str] = []

    def act() -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '5s'")
            if change == "heartbeat":
                services.heartbeat(beats, now=timezone.now())
            else:
                services.retry_tasks([task.pk for task in reversed(tasks)])
            seen.append("done")
        finally:
            connection.close()

    other = threading.Thread(target=act)
    other.start()
    wait_until(lambda: elsewhere.execute(_IS_WAITED_FOR).fetchone() == (True,), what="nobody waits for the first")
    free = elsewhere.execute("SELECT count(*) FROM (SELECT FROM dispatch_task FOR UPDATE SKIP LOCKED) AS free").fetchone()
    everything = Task.objects.count()
    elsewhere.rollback()
    other.join()

    assert (free, seen) == ((everything,), ["done"])


_IS_WAITED_FOR = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid)))"


@pytest.mark.django_db
def test_only_the_attempt_that_was_claimed_is_failed(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    (task,) = tasks_of(dag, "chunks")
    (given,), _ = services.give([task.pk], worker_id="first")
    Task.objects.filter(pk=task.pk).update(status=Status.QUEUED)
    claim_one(task.pk)

    services.fail_claimed(given.lease, TaskError(type="late", message="It could not be sent off."))

    assert Task.objects.get(pk=task.pk).status == Status.RUNNING


@pytest.mark.django_db
def test_what_a_task_of_the_dispatcher_says_and_nobody_can_keep_fails_it_at_once(writer: Persona) -> None:
    dag = arm(writer, manual(extra=HOOK))

    services.start_by_call(job_of(dag, "hook"), delivery_id="d", body=b'{"half of a character": "\\ud800"}', now=timezone.now())
    publish()

    (task,) = tasks_of(dag, "hook")
    assert task.status == Status.FAILED and task.error and task.error["type"] == "bad_input"
