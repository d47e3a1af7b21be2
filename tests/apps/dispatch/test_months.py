"""What is kept by months: old ones are not looked at, and what belonged to those that are gone is forgotten."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from apps.dags.models import Dag
from apps.dispatch import services
from apps.dispatch.models import Dedupe, LogChunk, Materialisation, Task
from apps.platform.contracts import LogBatch, LogLine
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim_one, event, fence, finish, start, tasks_of
from tests.factories import Persona

pytestmark = pytest.mark.django_db
GROWING = ("dispatch_attempt", "dispatch_taskinput", "dispatch_pin", "dispatch_event", "dispatch_logchunk")


def at(months_ago: int) -> str:
    return f"date_trunc('month', clock_timestamp(), 'UTC') - interval '{months_ago} months' + interval '1 day'"


@pytest.fixture
def old_month() -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT dispatch_add_month({at(3)}), to_char({at(3)}, 'YYYYMM')")
        row = cursor.fetchone()
    assert row
    return str(row[1])


def test_a_life_of_a_task_looks_at_no_month_before_it(writer: Persona, old_month: str) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    (task,) = tasks_of(dag, "chunks")

    as_if_tables_were_large()
    before = scans(old_month)

    held = claim_one(task.pk)
    services.append(LogBatch(**fence(held), first_line=0, lines=[LogLine(at=timezone.now(), text="a line")]))
    finish(held, event(held, start=0, end=9))
    services.rerun_tasks([task.pk], alone=True, made_by=None)

    assert scans(old_month) == before
    assert not LogChunk.objects.filter(task_id=dag.pk).exists()
    assert scans(old_month) != before, "a look over all months is counted"


def as_if_tables_were_large() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off")


def scans(month: str) -> dict[str, int]:
    """How often each growing table of the month was looked at in this transaction: plans leave months out only as they run."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)",
            [[f"{table}_{month}" for table in GROWING]],
        )
        return dict(cursor.fetchall())


def age(model: type, pk: UUID, *, months: int, place: int = 0) -> UUID:
    """Each place is a millisecond later."""
    table = model._meta.db_table  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT dispatch_id_at({at(months)} + %s * interval '1 ms')", [place])
        (aged,) = cursor.fetchone() or (pk,)
        cursor.execute(f"UPDATE {table} SET id = %s WHERE id = %s", [aged, pk])  # noqa: S608  ours
    return aged


def test_keys_of_tasks_that_are_gone_are_forgotten(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, key="old")
    start(dag, key="new")
    start(dag, key="lives")
    old, _, _ = tasks_of(dag, "start")
    age(Dedupe, Dedupe.objects.get(key="manual:old").pk, months=3)
    age(Dedupe, Dedupe.objects.get(key="manual:lives").pk, months=4)
    Task.objects.filter(pk=old.pk).delete()

    services.turn_months(keep_months=2)

    assert set(Dedupe.objects.filter(key__startswith="manual:").values_list("key", flat=True)) == {"manual:new", "manual:lives"}


def test_counts_that_nobody_raised_for_long_are_forgotten(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    start(dag, block_range=(10, 19))
    kept, old = Materialisation.objects.order_by("partition_key")
    age(Materialisation, kept.pk, months=6)
    age(Materialisation, old.pk, months=7)
    Materialisation.objects.filter(partition_key=old.partition_key).update(raised_at=timezone.now() - timedelta(days=200))

    services.turn_months(keep_months=2)

    assert list(Materialisation.objects.values_list("partition_key", flat=True)) == [kept.partition_key]


@pytest.fixture
def aged(writer: Persona, old_month: str) -> Dag:
    """Of two tasks of the old month one is done and the other still runs."""
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    start(dag, block_range=(10, 19))
    done, lives = tasks_of(dag, "chunks")
    held = claim_one(done.pk)
    finish(held, event(held, start=0, end=9))
    claim_one(lives.pk)
    for place, count in enumerate(Materialisation.objects.all()):
        age(Materialisation, count.pk, months=3, place=place)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE dispatch_materialisation SET raised_at = {at(3)}")  # noqa: S608  ours
    for place, task in enumerate((done, lives)):
        key = age(Dedupe, Dedupe.objects.get(task_id=task.pk).pk, months=3, place=place)
        Dedupe.objects.filter(pk=key).update(task_id=age(Task, task.pk, months=3, place=place))
    return dag


def test_what_is_said_again_is_news_also_while_its_month_lives_on(aged: Dag) -> None:
    services.turn_months(keep_months=1)
    assert len(tasks_of(aged, "chunks")) == 2, "the month lives"

    start(aged, block_range=(0, 9))

    assert len(tasks_of(aged, "chunks")) == 3


def test_counts_go_with_the_keys_of_their_month(aged: Dag) -> None:
    Task.objects.filter(status="running").update(status="completed")

    services.turn_months(keep_months=1)

    assert not tasks_of(aged, "chunks") and not Materialisation.objects.exists()
    start(aged, block_range=(0, 9))
    assert len(tasks_of(aged, "chunks")) == 1


def test_kept_for_a_hundred_years_nothing_is_forgotten(writer: Persona) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    before = (Dedupe.objects.count(), Materialisation.objects.count())

    services.turn_months(keep_months=1_200)

    assert (Dedupe.objects.count(), Materialisation.objects.count()) == before
