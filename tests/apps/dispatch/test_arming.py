"""What another active version means for work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.dags.models import Dag
from apps.dispatch import services
from apps.dispatch.domain import Status
from apps.dispatch.models import LiveJob, MissedTick, OperatorState, Route, Task
from apps.platform.contracts import Claimed, Completion, Ending, HeartbeatAnswer
from tests.apps.chains.makers import make_pool
from tests.apps.dags.makers import activate, deploy, manual
from tests.apps.dispatch.makers import arm, beat, claim_one, fence, finish, job_of, publish, say, start, tasks_of
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.dispatch import effects

    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)


def clock(seconds: int = 1, *, extra: str = "") -> str:
    return f"""name: ranges
jobs:
  - {{ name: clock, activation: source, runtime: ecs_platform, operator: ticker, outputs: 1, source: {{ kind: always_on }}, config: {{ interval_seconds: {seconds} }} }}
{extra}"""


def cron(schedule: str) -> str:
    return f"""name: ranges
jobs:
  - {{ name: tick, activation: source, runtime: dispatcher, operator: trigger_cron, outputs: 1, source: {{ kind: cron, schedule: "{schedule}" }} }}
"""


def test_jobs_live_and_listen(writer: Persona) -> None:
    dag = arm(writer, manual())

    assert sorted(LiveJob.objects.filter(dag=dag, job__isnull=False).values_list("name", flat=True)) == ["chunks", "start"]
    assert list(Route.objects.values_list("producer__name", "output", "consumer__name", "input")) == [("start", 0, "chunks", 0)]


def test_a_dataset_that_only_a_config_names_is_read_and_not_listened_to(writer: Persona) -> None:
    document = clock(
        extra="""  - name: follow
    activation: source
    runtime: ecs_platform
    operator: block_follower
    outputs: 1
    source: { kind: always_on }
    config: { chain_id: 1, rpc_pool: standard }
  - name: compact
    activation: reactive
    runtime: ecs_platform
    operator: parquet_compact
    outputs: 1
    inputs: [{ from: { job: clock } }]
    execution_strategy: PerPartition
    update_strategy: replace
    config: { chain_id: 1, hot_dataset: hot_blocks }
publish:
  hot_blocks: { from: { job: follow } }
"""
    )
    make_pool()
    # Not by the outbox: the table is not made here.
    services.arm(activate(writer, deploy(writer, document, name="ranges")).pk, now=timezone.now())

    routes = Route.objects.order_by("input").values_list("producer__name", "consumer__name", "listens")
    assert list(routes) == [("clock", "compact", True), ("follow", "compact", False)]


def test_the_same_work_goes_on_under_a_new_version(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    before = job_of(dag, "chunks")

    arm(writer, manual() + "# a comment\n")

    after, (task,) = job_of(dag, "chunks"), tasks_of(dag, "chunks")
    assert after.generation == before.generation and after.job_id != before.job_id
    assert task.status == Status.QUEUED and task.version_job_id == after.job_id


def test_work_of_a_job_that_changed_is_abandoned(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    start(dag, block_range=(10, 19))
    queued, running = tasks_of(dag, "chunks")
    held = claim_one(running.pk)

    arm(writer, manual(chunk=7))

    assert Task.objects.get(pk=queued.pk).status == Status.CANCELED
    assert Task.objects.get(pk=running.pk).cancel_requested_at is not None
    answer = beat(held)
    assert isinstance(answer, HeartbeatAnswer) and answer.canceled


def test_switched_off_nothing_happens_any_more(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))

    activate(writer, None, dag=dag)
    publish()

    assert [task.status for task in tasks_of(dag, "chunks")] == [Status.CANCELED]
    assert not Route.objects.exists() and not LiveJob.objects.filter(job__isnull=False).exists()


def test_a_source_that_never_ends_has_one_task(writer: Persona) -> None:
    dag = arm(writer, clock())
    (task,) = tasks_of(dag, "clock")
    assert task.runtime == "ecs_task"

    assert services.keep_sources() == 0
    finish(claim_one(task.pk))
    assert services.keep_sources() == 0, "what fell at once rests before it is begun again"
    LiveJob.objects.update(restart_at=timezone.now())
    assert services.keep_sources() == 1

    assert [one.status for one in tasks_of(dag, "clock")] == [Status.COMPLETED, Status.QUEUED]


def test_a_source_is_adopted_by_a_version_that_does_not_change_it(writer: Persona) -> None:
    dag = arm(writer, clock())
    claim_one(tasks_of(dag, "clock")[0].pk)

    arm(writer, clock() + "# again\n")

    (task,) = tasks_of(dag, "clock")
    assert task.status == Status.RUNNING and task.cancel_requested_at is None


def test_a_version_that_mends_a_source_does_not_wait_for_what_fell(writer: Persona) -> None:
    dag = arm(writer, clock())
    finish(claim_one(tasks_of(dag, "clock")[0].pk))
    assert services.keep_sources() == 0, "it rests"

    arm(writer, clock() + "# mended\n")

    assert [one.status for one in tasks_of(dag, "clock")] == [Status.COMPLETED, Status.QUEUED]


FOLLOWER = """name: ranges
jobs:
  - { name: follow, activation: source, runtime: ecs_platform, operator: block_follower, outputs: 1, source: { kind: always_on }, config: CONFIG }
"""


@pytest.mark.parametrize(
    ("config", "is_same"),
    [
        ("{ chain_id: 1, rpc_pool: standard, max_reorg_depth: 9 }", True),
        ("{ chain_id: 1, rpc_pool: standard, start_block: 7 }", False),
    ],
)
def test_a_source_that_is_tuned_is_begun_again_with_what_it_made(writer: Persona, config: str, is_same: bool) -> None:
    make_pool()
    dag = arm(writer, FOLLOWER.replace("CONFIG", "{ chain_id: 1, rpc_pool: standard }"))
    before = job_of(dag, "follow").generation
    held = claim_one(tasks_of(dag, "follow")[0].pk)

    arm(writer, FOLLOWER.replace("CONFIG", config))

    assert (job_of(dag, "follow").generation == before) == is_same
    answer = beat(held)
    assert isinstance(answer, HeartbeatAnswer) and answer.canceled
    say(held, Completion(**fence(held), status=Ending.CANCELED))
    assert [one.status for one in tasks_of(dag, "follow")] == [Status.CANCELED, Status.QUEUED]


def test_a_changed_source_stops_before_the_new_one_starts(writer: Persona) -> None:
    dag = arm(writer, clock())
    held = claim_one(tasks_of(dag, "clock")[0].pk)

    arm(writer, clock(seconds=2))

    assert len(tasks_of(dag, "clock")) == 1 and services.keep_sources() == 0
    from apps.platform.contracts import Completion, Ending
    from tests.apps.dispatch.makers import say

    say(held, Completion(**fence(held), status=Ending.CANCELED))
    assert [one.status for one in tasks_of(dag, "clock")] == [Status.CANCELED, Status.QUEUED]


def test_a_tick_fires_once_and_those_that_were_missed_are_noted(writer: Persona) -> None:
    dag = arm(writer, cron("*/5 * * * *"))
    job = job_of(dag, "tick")
    assert job.next_fire_at is not None
    now = job.next_fire_at + timedelta(minutes=12)

    assert services.fire_due(now=now) == 1
    assert services.fire_due(now=now) == 0
    publish()

    (task,) = tasks_of(dag, "tick")
    assert task.dedupe_key == f"cron:{(job.next_fire_at + timedelta(minutes=10)).isoformat()}"
    assert list(MissedTick.objects.order_by("scheduled_at").values_list("scheduled_at", flat=True)) == [
        job.next_fire_at, job.next_fire_at + timedelta(minutes=5),
    ]  # fmt: skip
    assert task.status == Status.COMPLETED


def test_a_request_that_comes_twice_is_one_run(writer: Persona) -> None:
    dag = arm(writer, manual())

    assert start(dag, block_range=(0, 9), key="abc") == start(dag, block_range=(0, 9), key="abc")
    assert len(tasks_of(dag, "start")) == 1


def test_a_queue_that_is_too_long_holds_back_what_feeds_it_until_it_is_half_as_long(writer: Persona) -> None:
    text = manual(extra="""  - name: slow
    activation: reactive
    runtime: ecs_platform
    operator: noop
    outputs: 1
    inputs: [{ from: { job: chunks } }]
    execution_strategy: PerPartition
    update_strategy: replace
    max_queue_depth: 2
""")  # fmt: skip
    dag = arm(writer, text)
    from django.db import transaction

    from apps.dispatch.domain import Cause
    from apps.dispatch.services.creating import Wish, create_tasks

    with transaction.atomic():
        create_tasks([Wish(job_of(dag, "slow").pk, f"k{n}", Cause.EVENT, partition_key=str(n)) for n in range(3)])

    assert services.press() == 2
    start(dag, block_range=(0, 9))
    (held_back,) = tasks_of(dag, "chunks")
    assert held_back.handed_at is None and [task.status for task in tasks_of(dag, "start")] == [Status.COMPLETED]

    Task.objects.filter(job_id=job_of(dag, "slow").pk, dedupe_key="k0").update(status="completed")
    assert services.press() == 0, "two are still more than half of two"
    Task.objects.filter(job_id=job_of(dag, "slow").pk, dedupe_key="k1").update(status="completed")
    assert services.press() == 2
    assert tasks_of(dag, "chunks")[0].handed_at is not None


def test_a_wake_up_that_nobody_heard_is_told_again(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    (task,) = tasks_of(dag, "chunks")
    assert services.wake_unheard(after_seconds=60) == 0

    Task.objects.filter(pk=task.pk).update(handed_at=timezone.now() - timedelta(minutes=2))

    assert services.wake_unheard(after_seconds=60) == 1


def test_a_source_that_resets_forgets_its_state_once_when_its_version_first_becomes_active(writer: Persona) -> None:
    plain = clock()
    resetting = plain.replace("source: { kind: always_on }", "source: { kind: always_on }, bootstrap: { reset_outputs: true }")
    dag = arm(writer, plain)
    old = claim_one(tasks_of(dag, "clock")[0].pk)
    remember(dag)

    arm(writer, resetting)

    assert not OperatorState.objects.exists()
    assert isinstance(answer := beat(old), HeartbeatAnswer) and answer.canceled
    finish_canceled(old)
    new = claim_one(tasks_of(dag, "clock")[-1].pk)
    assert new.task.resets_outputs and new.task_id != old.task_id
    remember(dag)
    # Again the same, and back and forth: it happened.
    services.arm(dag.pk, now=timezone.now())
    arm(writer, plain)
    arm(writer, resetting)
    assert OperatorState.objects.count() == 1


def remember(dag: Dag) -> None:
    job = job_of(dag, "clock")
    OperatorState.objects.create(job_id=job.pk, generation=job.generation, value={"at": 1}, revision=1, written_at=timezone.now())


def finish_canceled(held: Claimed) -> None:
    say(held, Completion(**fence(held), status=Ending.CANCELED))
    publish()
