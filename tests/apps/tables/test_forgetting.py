"""Batches are kept as long as their tasks, and dead letters for as long as nobody put them right."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone

from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.contracts import Claimed
from apps.platform.tables import LEDGER, OrgNames
from apps.tables import services
from apps.tables.models import Batch
from tests.apps.tables.makers import armed, feed, lines, price, running, send
from tests.apps.tables.sinking import sink
from tests.factories import Persona, acting
from tests.fixtures.data import DataPlane

pytestmark = [pytest.mark.django_db, pytest.mark.urls("traceweb.urls.internal"), pytest.mark.usefixtures("with_buckets")]


@pytest.fixture
def held(writer: Persona, data_plane: DataPlane, with_buckets: Config) -> Claimed:
    return running(armed(writer, feed()))


def forget(*, months_from_now: int) -> None:
    now = timezone.now() + months_from_now * timedelta(days=31)
    services.forget_batches(keep_months=2, dsn=settings.CONFIG.tables_dsn, now=now)


def ledger(data_plane: DataPlane, writer: Persona) -> set[UUID]:
    found = data_plane.run(f"SELECT batch_id FROM {OrgNames(writer.org.pk).schema}.{LEDGER}")  # noqa: S608
    return {row["batch_id"] for row in found}


def test_what_is_written_goes_with_its_task_and_its_line_in_the_ledger_later(held: Claimed, data_plane: DataPlane, writer: Persona) -> None:  # fmt: skip
    batch = send(held, lines(price()))
    sink(batch)

    forget(months_from_now=2)
    assert Batch.objects.count() == 1 and ledger(data_plane, writer) == {batch.pk}
    forget(months_from_now=3)
    assert Batch.objects.count() == 0 and ledger(data_plane, writer) == {batch.pk}
    forget(months_from_now=4)
    assert ledger(data_plane, writer) == set()


def test_what_waits_and_what_is_dead_stays(held: Claimed) -> None:
    sink(send(held, lines(price(price="x")), "bad.jsonl"))
    send(held, lines(price()))

    forget(months_from_now=100)

    assert sorted(Batch.objects.values_list("state", flat=True)) == ["dead", "waiting"]


def test_a_letter_that_was_put_right_goes_after_what_was_made_of_it(held: Claimed, writer: Persona) -> None:
    """It is named by what was made of it, which is younger."""
    letter = send(held, lines(price(price="x")))
    sink(letter)
    made = _repaired(letter, writer)
    sink(made)
    other = send(held, lines(price("BTC")), "batch-1.jsonl")
    sink(other)
    Batch.objects.filter(pk=made.pk).update(id=_aged(made.pk, months=1))

    forget(months_from_now=3)
    assert set(Batch.objects.values_list("state", flat=True)) == {"replaced", "written"} and Batch.objects.count() == 2
    forget(months_from_now=5)
    assert Batch.objects.values_list("pk", flat=True).get() == letter.pk
    forget(months_from_now=5)
    assert not Batch.objects.exists()


def _repaired(letter: Batch, writer: Persona) -> Batch:
    body = lines(price())

    def keep(key: str, body: bytes) -> str:
        bucket = settings.CONFIG.scratch_bucket
        wiring.object_store(settings.CONFIG, bucket=bucket).put(key, body)
        return f"s3://{bucket}/{key}"

    return services.repair(letter.pk, letter.dataset_id, body, keep=keep, by=acting(writer), now=timezone.now())


def _aged(batch_id: UUID, *, months: int) -> UUID:
    """The id that it would have had, had it been made later."""
    return UUID(int=batch_id.int + (int(timedelta(days=31).total_seconds() * 1000 * months) << 80))


def test_a_database_that_is_away_keeps_its_ledgers_and_nothing_else(held: Claimed) -> None:
    sink(send(held, lines(price())))
    later: datetime = timezone.now() + timedelta(days=1_000)

    services.forget_batches(keep_months=2, dsn="postgresql://a:b@127.0.0.1:1/trace_data", now=later)

    assert Batch.objects.count() == 0
