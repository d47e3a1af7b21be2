"""What does not hold any more of one org is no other org's trouble."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from apps.dags.models import Dag
from apps.dispatch import effects, services
from apps.dispatch.models import Event, Invalidation
from apps.platform.contracts import Claimed
from tests.apps.dispatch.invalid import CLOCK, job, redoing, report, rows, scopes, source
from tests.apps.dispatch.makers import arm, event, tasks_of
from tests.factories import make_org, make_persona

pytestmark = pytest.mark.django_db(transaction=True)
AN_ORG_IS_PLANNED = "SELECT pg_advisory_xact_lock(hashtextextended('invalidations/' || %s, 0))"
ITS_JOBS_ARE_HELD = "SELECT FROM dispatch_livejob WHERE org_id = %s::uuid FOR UPDATE"


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[Dag, Claimed]]]:
    """A DAG and its source in each of two orgs, in the order in which they are planned; nobody here waits for long."""
    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)
    dags = [arm(make_persona("writer", org=make_org(slug)), CLOCK + job("sink", reads="clock")) for slug in ("one", "two")]
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '300ms'")
    yield [(dag, source(dag)) for dag in sorted(dags, key=lambda dag: dag.org_id)]
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


@pytest.mark.parametrize("trouble", [AN_ORG_IS_PLANNED, ITS_JOBS_ARE_HELD], ids=["planned by another", "raises"])
def test_one_that_cannot_be_planned_holds_up_no_other(
    two: list[tuple[Dag, Claimed]], elsewhere: psycopg.Connection, trouble: str
) -> None:
    for _, holder in two:
        report(holder, rows(holder, 10, 20))
    (first, _), (second, _) = two
    elsewhere.execute(trouble, [str(first.org_id)])

    assert services.plan_invalidations() == 1

    assert scopes(redoing(second, "sink")) == [("", 10, 20, "queued")]
    assert Invalidation.objects.get(org_id=first.org_id).planned_at is None
    elsewhere.rollback()
    assert services.plan_invalidations() == 1


@pytest.mark.parametrize("trouble", [AN_ORG_IS_PLANNED, ITS_JOBS_ARE_HELD], ids=["planned by another", "raises"])
def test_events_are_routed_whatever_is_wrong_with_another_org(
    two: list[tuple[Dag, Claimed]], elsewhere: psycopg.Connection, trouble: str
) -> None:
    (first, said), (second, holder) = two
    report(said, rows(said, 10, 20))
    report(holder, event(holder, cursor=11))
    elsewhere.execute(trouble, [str(first.org_id)])

    assert services.route_events(list(Event.objects.filter(org_id=second.org_id).values_list("pk", flat=True))) == 1

    assert [task.cause for task in tasks_of(second, "sink")] == ["event"]


def test_events_wait_for_the_plan_of_their_own_org(two: list[tuple[Dag, Claimed]], elsewhere: psycopg.Connection) -> None:
    """Routed past it, one would be a second task of what the invalidation has done again."""
    (dag, holder), _ = two
    report(holder, rows(holder, 10, 20), event(holder, cursor=11))
    ids = list(Event.objects.filter(org_id=dag.org_id).values_list("pk", flat=True))
    elsewhere.execute(AN_ORG_IS_PLANNED, [str(dag.org_id)])

    with pytest.raises(Exception, match="lock timeout"):
        services.route_events(ids)
    elsewhere.rollback()

    assert services.route_events(ids) == 0
    assert scopes(tasks_of(dag, "sink")) == [("", 10, 20, "queued")]
