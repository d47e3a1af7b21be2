"""Events that a task of an invalidation satisfies: found among many, and locked as everybody locks."""

from __future__ import annotations

import threading

import psycopg
import pytest
from django.db import connection

from apps.dispatch import effects, services
from apps.dispatch.models import Event, Task
from tests.apps.dispatch.invalid import CLOCK, job, partitioned, redoing, report, rows, say, source
from tests.apps.dispatch.makers import arm, claim_one, event, tasks_of
from tests.factories import Persona
from tests.journeys.stack import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
IS_WAITED_FOR = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
FREE = "SELECT id FROM dispatch_task WHERE status = 'queued' FOR UPDATE SKIP LOCKED"


@pytest.fixture(autouse=True)
def no_containers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)


def unrouted() -> list[object]:
    return list(Event.objects.filter(routed_at__isnull=True).values_list("id", flat=True))


def test_of_many_ranges_that_overlap_the_one_that_covers_it_is_found(writer: Persona) -> None:
    """One that is wide lies under many that are narrow and begin later."""
    dag = arm(writer, CLOCK + job("sink", reads="clock"))
    holder = source(dag)
    say(holder, rows(holder, 0, 1000), sequence=1)
    (wide,) = redoing(dag, "sink")
    claim_one(wide.pk)
    report(holder, *[rows(holder, at, at + 5) for at in range(0, 900, 10)], event(holder, start=7, end=8), sequence=2)
    services.plan_invalidations()
    Task.objects.filter(pk=wide.pk).update(status="queued")

    services.route_events(unrouted())  # type: ignore[arg-type]  # ids

    assert [task.cause for task in tasks_of(dag, "sink") if task.cause == "event"] == []


def test_a_task_that_runs_is_locked_by_no_router(writer: Persona, elsewhere: psycopg.Connection) -> None:
    """Its heartbeats, and its end, wait for nobody who routes; nor does a router for them."""
    dag = arm(writer, CLOCK + job("sink", reads="clock"))
    holder = source(dag)
    say(holder, rows(holder, 10, 20), sequence=1)
    held = claim_one(redoing(dag, "sink")[0].pk)
    report(holder, event(holder, cursor=11), sequence=2)
    elsewhere.execute("SELECT FROM dispatch_task WHERE id = %s FOR UPDATE", [held.task_id])
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '2s'")
    try:
        assert services.route_events(unrouted()) == 1  # type: ignore[arg-type]  # ids
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")


def test_those_that_satisfy_and_those_that_are_joined_are_locked_in_one_order(
    writer: Persona, elsewhere: psycopg.Connection
) -> None:
    """A claim of both takes the older first: a router that had the younger and waited for the older would wait for ever."""
    dag, holder = partitioned(writer, (0, 9))
    say(holder, event(holder, start=10, end=19), sequence=11)
    (joined,) = [task for task in tasks_of(dag, "sink") if task.status == "queued"]
    say(holder, rows(holder, 0, 9), sequence=12)
    (again,) = redoing(dag, "sink")
    assert joined.pk < again.pk
    report(holder, event(holder, start=2, end=3), event(holder, start=10, end=19), sequence=13)
    ids = unrouted()
    elsewhere.execute("SELECT FROM dispatch_task WHERE id = %s FOR UPDATE", [joined.pk])

    def route() -> None:
        try:
            services.route_events(ids)  # type: ignore[arg-type]  # ids
        finally:
            connection.close()

    other = threading.Thread(target=route)
    other.start()
    wait_until(lambda: elsewhere.execute(IS_WAITED_FOR).fetchone() == (True,), what="the router waits for nobody")
    free = [task_id for (task_id,) in elsewhere.execute(FREE).fetchall()]
    elsewhere.rollback()
    other.join(timeout=20)

    assert again.pk in free
    assert not unrouted()
