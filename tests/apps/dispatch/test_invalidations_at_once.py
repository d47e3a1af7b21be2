"""Several dispatchers and workers at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from django.db import connection

from apps.dispatch import effects, services
from apps.dispatch.domain import What, rows_between
from apps.dispatch.models import Event, Invalidation, InvalidationMark, LiveJob, Task
from apps.dispatch.services import Invalid
from apps.outbox.models import Message
from operators.sdk.words import Reason
from tests.apps.dispatch.invalid import CLOCK, do_all, job, partitioned, redoing, report, rows, say, source
from tests.apps.dispatch.makers import arm, claim_one, completed, event, job_of, publish, tasks_of
from tests.apps.dispatch.makers import say as complete
from tests.factories import Persona

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)


def at_once(*acts: Callable[[], object]) -> None:
    together = Barrier(len(acts))

    def one(act: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            together.wait(timeout=10)
            act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(one, act) for act in acts]:
            done.result(timeout=60)


def invalidate(of: LiveJob, *scopes: What) -> Sequence[UUID]:
    from django.db import transaction

    with transaction.atomic():
        return services.write_invalidations([Invalid(of.org_id, of.pk, 0, of.generation, one, Reason.MANUAL) for one in scopes])


def test_the_loop_run_twice_and_by_several_makes_each_task_once(writer: Persona) -> None:
    dag, holder = partitioned(writer, *[(at, at + 9) for at in range(0, 200, 10)], more=job("follow", reads="clock"))
    report(holder, *[rows(holder, at, at + 12) for at in range(0, 180, 20)])

    at_once(*[services.plan_invalidations] * 4)
    services.plan_invalidations()

    assert sorted(task.partition_key for task in redoing(dag, "sink")) == sorted(f"{at}-{at + 9}" for at in range(0, 180, 10))
    assert len(redoing(dag, "follow")) == 9
    assert not Invalidation.objects.filter(planned_at__isnull=True).exists()


def test_ends_at_the_same_moment_leave_nothing_open(writer: Persona) -> None:
    dag, holder = partitioned(writer, (0, 999), (1000, 1999))
    say(holder, rows(holder, 995, 1005))
    held = [claim_one(task.pk) for task in redoing(dag, "sink")]

    at_once(*[lambda one=one: complete(one, completed(one)) for one in held])

    assert Invalidation.objects.get(task_id=holder.task_id).done_at is not None


def test_a_claim_and_a_wider_scope_never_miss_each_other(writer: Persona) -> None:
    """Whoever is first: what was invalid is in the order of the claim, or in another task."""
    dag = arm(writer, CLOCK + job("sink", reads="clock"))
    source(dag)
    clock = job_of(dag, "clock")
    for number in range(15):
        start = number * 1_000
        invalidate(clock, rows_between(start, start + 10))
        publish()
        (waiting,) = [task for task in redoing(dag, "sink") if task.range_start == start]
        (asked,) = invalidate(clock, rows_between(start + 5, start + 20))
        orders: list[object] = []

        def take(task: Task = waiting, orders: list[object] = orders) -> None:
            given, _ = services.give([task.pk], worker_id="w")
            orders += [(one.event.start, one.event.end) for order in given for one in order.order.arrived]

        at_once(take, services.plan_invalidations)
        mark = InvalidationMark.objects.get(invalidation_id=asked)
        if mark.task_id == waiting.pk:
            assert orders in ([], [(start, start + 20)])
        else:
            assert orders == [(start, start + 10)]
        publish()
        do_claimed(dag)


def do_claimed(dag) -> None:  # type: ignore[no-untyped-def]
    Task.objects.filter(pk__in=[task.pk for task in tasks_of(dag, "sink")]).update(status="completed")


def test_a_cursor_said_again_is_one_task_whoever_is_first(writer: Persona) -> None:
    """The router and the loop get what one report said at the same time."""
    dag = arm(writer, CLOCK + job("sink", reads="clock"))
    holder = source(dag)
    for number in range(10):
        at = number * 10
        say(holder, event(holder, cursor=at), sequence=2 * number + 1)
        do_all(dag, "sink")
        before = len(tasks_of(dag, "sink"))
        report(holder, rows(holder, at, at + 5), event(holder, cursor=at), sequence=2 * number + 2)
        ids = list(Event.objects.filter(routed_at__isnull=True).values_list("id", flat=True))

        at_once(services.plan_invalidations, lambda ids=ids: services.route_events(ids))  # type: ignore[misc]  # bound as it is now

        assert len(tasks_of(dag, "sink")) == before + 1
        publish()
        do_all(dag, "sink")
    assert not Message.objects.filter(state="failed").exists()
    assert not Invalidation.objects.filter(done_at__isnull=True).exists()
