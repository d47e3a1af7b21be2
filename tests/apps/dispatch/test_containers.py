"""Tasks that have a container to themselves: one each, whatever happens twice, and their lease ends with it."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.dispatch import runtimes, services
from apps.dispatch.domain import Outcome, Status
from apps.dispatch.models import Attempt, Task
from apps.outbox.domain import State as OutboxState
from apps.outbox.models import Message
from apps.platform.contracts import Claimed, Completion, CompletionAnswer, Ending
from apps.platform.errors import Permanent, Transient
from apps.platform.ports.containers import Container, NoRoom
from tests.apps.dags.makers import activate, deploy
from tests.apps.dispatch.cluster import Cluster
from tests.apps.dispatch.makers import claim, claim_one, fence, finish, say, tasks_of
from tests.factories import Persona

pytestmark = pytest.mark.django_db

SOURCES = """name: sources
jobs:
""" + "".join(f"""  - name: ticks{n}
    activation: source
    runtime: ecs_platform
    operator: ticker
    outputs: 1
    source: {{ kind: always_on }}
    task_definition: own-definition
""" for n in range(5))  # fmt: skip


@pytest.fixture
def tasks(writer: Persona) -> list[Task]:
    """Handed over, and nobody was told: that is what the tests do."""
    dag = activate(writer, deploy(writer, SOURCES, name="sources"))
    services.arm(dag.pk, now=timezone.now())
    return [task for n in range(5) for task in tasks_of(dag, f"ticks{n}")]


@pytest.fixture
def task(tasks: list[Task]) -> Task:
    return tasks[0]


@pytest.fixture
def cluster() -> Cluster:
    return Cluster()


def start(cluster: Cluster, *tasks: Task) -> None:
    runtimes.to_containers([task.pk for task in tasks], containers=cluster)


def watch(cluster: Cluster) -> int:
    return runtimes.watch_containers(containers=cluster)


def reload(task: Task) -> Task:
    return Task.objects.get(pk=task.pk)


def error_of(task: Task) -> dict[str, Any]:
    assert task.error
    return dict(task.error)


def enqueued(task: Task) -> int:
    rows = Message.objects.filter(kind="enqueue_task", state=OutboxState.PENDING)
    return sum(str(task.pk) in row.payload["task_ids"] for row in rows)


def test_a_container_is_what_the_job_declares(task: Task, cluster: Cluster) -> None:
    start(cluster, task)

    (started,) = cluster.started
    assert task.runtime == "ecs_task"
    assert (started.task_id, started.task_definition) == (task.pk, "own-definition")
    assert (started.cpu_millis, started.memory_mb) == (100, 128)
    assert (reload(task).container, reload(task).container_attempt) == ("c1", 1)


def test_told_twice_it_is_one_container(task: Task, cluster: Cluster) -> None:
    start(cluster, task)
    start(cluster, task)

    assert len(cluster.started) == 1


def test_one_whose_handle_was_lost_is_found_by_its_token(task: Task, cluster: Cluster) -> None:
    start(cluster, task)
    Task.objects.filter(pk=task.pk).update(container="", container_attempt=None)

    start(cluster, task)

    assert len(cluster.started) == 1 and reload(task).container == "c1"


def test_a_task_that_is_claimed_gets_no_other_container(task: Task, cluster: Cluster) -> None:
    start(cluster, task)
    claim_one(task.pk)

    start(cluster, task)

    assert len(cluster.started) == 1


def test_what_stopped_before_it_could_claim_is_started_anew(task: Task, cluster: Cluster) -> None:
    start(cluster, task)
    cluster.ends("c1", 75)

    start(cluster, task)

    assert [one.task_id for one in cluster.started] == [task.pk, task.pk] and reload(task).container == "c2"


def test_a_container_whose_lease_ran_out_is_stopped_for_the_next(task: Task, cluster: Cluster) -> None:
    start(cluster, task)
    claim_one(task.pk)
    Task.objects.filter(pk=task.pk).update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    services.reap_expired_leases()
    Task.objects.filter(pk=task.pk).update(next_retry_at=timezone.now())
    services.retry_due()

    start(cluster, task)

    assert list(cluster.stopped) == ["c1"] and reload(task).container == "c2"


def test_a_cluster_without_room_for_one_has_room_for_others_and_is_asked_again(tasks: list[Task], cluster: Cluster) -> None:
    def refuse(container: Container) -> None:
        if container.task_id == tasks[0].pk:
            raise NoRoom("no room for one so large")

    cluster.refuse = refuse
    start(cluster, *tasks)
    assert len(cluster.started) == 4
    before = enqueued(tasks[0])
    Task.objects.filter(pk=tasks[0].pk).update(handed_at=timezone.now() - timedelta(seconds=61))
    services.wake_unheard(after_seconds=60)
    assert enqueued(tasks[0]) == before + 1

    cluster.refuse = lambda _: None
    start(cluster, *tasks)
    assert len(cluster.started) == 5


@pytest.mark.parametrize(("error", "tries"), [(NoRoom("full"), 3), (Transient("it does not answer"), 1)])
def test_a_cluster_that_is_full_or_away_is_not_asked_for_each(
    tasks: list[Task], cluster: Cluster, error: Transient, tries: int
) -> None:
    asked: list[Container] = []

    def refuse(container: Container) -> None:
        asked.append(container)
        raise error

    cluster.refuse = refuse
    with nullcontext() if isinstance(error, NoRoom) else pytest.raises(Transient):
        start(cluster, *tasks)

    assert len(asked) == tries


def test_what_can_never_start_fails_the_attempt_with_the_reason(tasks: list[Task], cluster: Cluster) -> None:
    def refuse(container: Container) -> None:
        if container.task_id == tasks[0].pk:
            raise Permanent("there is no task definition own-definition")

    cluster.refuse = refuse
    start(cluster, *tasks)

    failed = reload(tasks[0])
    assert failed.status == Status.FAILED and failed.failures == 1 and failed.next_retry_at is not None
    assert error_of(failed)["type"] == "container_not_started" and "own-definition" in error_of(failed)["message"]
    assert len(cluster.started) == 4


def test_a_source_that_cannot_start_is_tried_without_end(task: Task, cluster: Cluster) -> None:
    cluster.refuse = lambda _: (_ for _ in ()).throw(Permanent("no"))
    for _ in range(6):
        start(cluster, task)
        Task.objects.filter(pk=task.pk).update(next_retry_at=timezone.now())
        services.retry_due()

    assert reload(task).failures == 6 and reload(task).status == Status.QUEUED


def test_the_lease_of_a_container_that_stopped_ends_at_once(task: Task, cluster: Cluster) -> None:
    start(cluster, task)
    claim_one(task.pk)
    cluster.ends("c1", 137, "OutOfMemoryError")

    assert watch(cluster) == 1

    failed = reload(task)
    assert failed.status == Status.FAILED and failed.next_retry_at is not None
    assert error_of(failed)["type"] == "container_stopped"
    assert "137" in error_of(failed)["message"] and "OutOfMemoryError" in error_of(failed)["message"]
    assert Attempt.objects.get(task_id=task.pk).outcome == Outcome.LEASE_EXPIRED
    assert watch(cluster) == 0


def test_what_it_said_before_it_stopped_still_counts(task: Task, cluster: Cluster) -> None:
    start(cluster, task)
    claimed = claim_one(task.pk)
    cluster.ends("c1", 0)
    watch(cluster)

    finish(claimed)

    assert reload(task).status == Status.COMPLETED


def test_a_container_that_runs_keeps_its_lease(task: Task, cluster: Cluster) -> None:
    start(cluster, task)
    claim_one(task.pk)
    cluster.found.pop("c1")

    assert watch(cluster) == 0
    assert reload(task).status == Status.RUNNING, "unknown is not stopped: it may have just been started"


def test_a_task_that_ended_by_itself_is_left_alone(task: Task, cluster: Cluster) -> None:
    start(cluster, task)
    claimed = claim_one(task.pk)

    class Late(Cluster):
        """It completes, and stops, between our question which tasks run and the answer how their containers are."""

        def states(self, handles):  # type: ignore[no-untyped-def]
            finish(claimed)
            self.ends("c1", 0)
            return super().states(handles)

    assert watch(Late(found=cluster.found)) == 0
    assert reload(task).status == Status.COMPLETED


def test_the_container_of_an_earlier_attempt_says_nothing_of_this_one(task: Task, cluster: Cluster) -> None:
    start(cluster, task)
    claimed = claim_one(task.pk)
    assert isinstance(say(claimed, Completion(**fence(claimed), status=Ending.HANDED_BACK)), CompletionAnswer)
    cluster.ends("c1", 1)

    assert watch(cluster) == 0
    assert reload(task).status == Status.QUEUED and reload(task).failures == 0


@pytest.mark.parametrize("code", [0, 75])
def test_a_container_that_could_not_claim_is_no_failure(task: Task, cluster: Cluster, code: int) -> None:
    start(cluster, task)
    before = enqueued(task)
    cluster.ends("c1", code)

    assert watch(cluster) == 1

    assert reload(task).status == Status.QUEUED and reload(task).failures == 0
    assert enqueued(task) == before + 1


@pytest.mark.parametrize("code", [1, 137, None])
def test_a_container_that_dies_before_it_claims_is_a_failure(task: Task, cluster: Cluster, code: int | None) -> None:
    start(cluster, task)
    cluster.ends("c1", code, "CannotPullContainerError")

    assert watch(cluster) == 1

    failed = reload(task)
    assert failed.status == Status.FAILED and failed.failures == 1 and "CannotPull" in error_of(failed)["message"]


def test_one_that_does_not_hear_that_it_was_canceled_is_stopped_after_the_grace_time(task: Task, cluster: Cluster) -> None:
    start(cluster, task)
    claim_one(task.pk)
    services.cancel_tasks([task.pk])
    watch(cluster)
    assert cluster.stopped == {}

    Task.objects.filter(pk=task.pk).update(cancel_requested_at=timezone.now() - timedelta(seconds=61))
    watch(cluster)
    assert list(cluster.stopped) == ["c1"]

    cluster.ends("c1", 137)
    watch(cluster)
    assert reload(task).status == Status.CANCELED


def test_without_containers_nobody_is_asked(cluster: Cluster) -> None:
    assert watch(cluster) == 0 and cluster.looks == 0


def test_a_cluster_that_is_away_leaves_leases_to_run_out(task: Task, cluster: Cluster) -> None:
    start(cluster, task)
    claim_one(task.pk)

    class Away(Cluster):
        def states(self, handles):  # type: ignore[no-untyped-def]
            raise Transient("it does not answer")

    assert watch(Away()) == 0
    assert reload(task).status == Status.RUNNING


def test_many_that_stop_at_once_end_together(tasks: list[Task], cluster: Cluster) -> None:
    start(cluster, *tasks)
    held: list[Claimed] = claim(*[task.pk for task in tasks])
    for n in range(1, 6):
        cluster.ends(f"c{n}", None, "the host died")

    assert len(held) == 5 and watch(cluster) == 5
    assert {reload(task).status for task in tasks} == {Status.FAILED}
