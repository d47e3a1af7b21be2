"""A batch is in its table whole and once, or it is a dead letter that says why."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
from django.utils import timezone
from pyarrow import ipc

from apps.dispatch.models import Event
from apps.platform.config import Config
from apps.platform.contracts import Claimed
from apps.tables import services
from apps.tables.domain import MOST_CLAIMS, BatchState, TableState
from apps.tables.models import Batch, HotTable
from apps.tables.services.handing_over import UNHEARD
from tests.apps.dispatch.makers import publish
from tests.apps.tables.makers import PRICES, armed, dataset_of, feed, lines, price, running, send
from tests.apps.tables.sinking import claimed, handler, message, plane, sink, told, writer_of_rows
from tests.factories import Persona, acting, make_org, make_persona
from tests.fixtures.data import DataPlane
from workers.sink.reading import read
from workers.tables.answers import Drifted

ARROW_STREAM = "application/vnd.apache.arrow.stream"
pytestmark = [pytest.mark.django_db, pytest.mark.urls("traceweb.urls.internal"), pytest.mark.usefixtures("with_buckets")]


@pytest.fixture
def held(writer: Persona, data_plane: DataPlane, with_buckets: Config) -> Claimed:
    return running(armed(writer, feed()))


@pytest.fixture
def unkeyed(writer: Persona, data_plane: DataPlane, with_buckets: Config) -> Claimed:
    """Nothing but the ledger keeps its rows from being there twice."""
    return running(armed(writer, feed(unique=())))


def stream(table: pa.Table) -> bytes:
    body = BytesIO()
    with ipc.new_stream(body, table.schema) as written:
        written.write_table(table)
    return body.getvalue()


def rows(data_plane: DataPlane, batch: Batch) -> list[dict[str, Any]]:
    return data_plane.rows(batch.org_id, batch.dataset_id, order="symbol, at, price")


def test_rows_are_in_the_table_with_who_wrote_them(held: Claimed, data_plane: DataPlane) -> None:
    batch = send(held, lines(price("ETH", price=str(2**256 - 1)), price("BTC", note='it\'s "quoted",\n\\N')))

    done = sink(batch)

    assert (batch.state, batch.rows, done.later) == (BatchState.WRITTEN, 2, [])
    btc, eth = rows(data_plane, batch)
    assert eth["price"] == 2**256 - 1 and btc["note"] == 'it\'s "quoted",\n\\N' and eth["note"] is None
    assert (eth["_producer_task"], eth["_producer_job"], eth["_batch"]) == (held.task_id, batch.job_id, batch.pk)
    assert eth["_written_at"] and eth["_retracted_at"] is None


def test_whoever_listens_hears_of_it_once(held: Claimed) -> None:
    batch = send(held, lines(price()))

    sink(batch)
    sink(batch)

    (event,) = Event.objects.filter(task_id=held.task_id)
    assert (event.kind, event.output, event.data) == ("signal", 0, {"batch": str(batch.pk), "rows": 1})
    assert event.routed_at


def test_one_poisoned_row_among_100_000_keeps_all_of_them_out(held: Claimed, data_plane: DataPlane) -> None:
    body = [b'{"symbol":"S%d","at":"2026-01-15T12:00:00Z","price":"%d"}\n' % (number, number) for number in range(100_000)]
    body[66_665] = b'{"symbol":"S","at":"2026-01-15T12:00:00Z","price":"%d"}\n' % 2**256
    batch = send(held, b"".join(body))

    sink(batch)

    assert (batch.state, batch.fault_count, rows(data_plane, batch)) == (BatchState.DEAD, 1, [])
    (fault,) = batch.faults
    assert (fault["row"], fault["column"]) == (66_666, "price") and "outside of what a uint256 holds" in fault["reason"]
    assert not Event.objects.filter(task_id=held.task_id).exists()


def test_a_delivery_that_comes_again_writes_nothing_twice(unkeyed: Claimed, data_plane: DataPlane) -> None:
    batch = send(unkeyed, lines(price(), price()))

    for _ in range(3):
        assert sink(batch).later == []

    assert len(rows(data_plane, batch)) == 2


def test_a_sink_that_dies_between_the_table_and_its_answer_is_made_good(unkeyed: Claimed, data_plane: DataPlane) -> None:
    batch = send(unkeyed, lines(price(), price()))
    given = claimed(batch)
    writer_of_rows().write(given, read(given, plane().fetch(given.url, most_bytes=10_000)))

    sink(batch)

    assert (batch.state, batch.rows, len(rows(data_plane, batch))) == (BatchState.WRITTEN, 2, 2)


def test_two_sinks_with_the_same_batch_write_it_once(unkeyed: Claimed, data_plane: DataPlane) -> None:
    batch = send(unkeyed, lines(*(price(at=number) for number in range(2_000))))
    given = claimed(batch)
    table = read(given, plane().fetch(given.url, most_bytes=1_000_000))

    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda _: writer_of_rows().write(given, table), range(4)))

    assert written == [2_000] * 4 and len(rows(data_plane, batch)) == 2_000


@pytest.mark.parametrize("days", [2**31 - 1, -(2**31)])
def test_a_value_that_python_cannot_hold_is_a_dead_letter_with_its_reason(
    writer: Persona, data_plane: DataPlane, days: int
) -> None:
    """Neither the end of the sink, nor a message that comes again and again."""
    held = running(armed(writer, feed({"day": "date"}, unique=())))
    batch = send(held, stream(pa.table({"day": pa.array([days], pa.date32())})), content_type=ARROW_STREAM)

    assert len(sink(batch).over) == 1

    (fault,) = batch.faults
    assert batch.state == BatchState.DEAD and fault["reason"].startswith("cannot be read: ")


def test_a_time_finer_than_any_that_is_kept_is_a_dead_letter(writer: Persona, data_plane: DataPlane) -> None:
    held = running(armed(writer, feed({"at": "timestamp"}, unique=())))
    batch = send(held, stream(pa.table({"at": pa.array([1], pa.timestamp("ns", tz="UTC"))})), content_type=ARROW_STREAM)

    sink(batch)

    assert batch.state == BatchState.DEAD and "cannot be read" in batch.faults[0]["reason"]


def test_17_mib_are_refused_whatever_was_said_of_them(held: Claimed) -> None:
    batch = send(held, b"\n" * (17 * 1024 * 1024), batch_size_bytes=10)

    sink(batch)

    assert batch.state == BatchState.DEAD and "16,777,216" in batch.faults[0]["reason"]


def test_a_batch_that_lies_no_longer_there_is_a_dead_letter(held: Claimed) -> None:
    batch = send(held, lines(price()))
    Batch.objects.filter(pk=batch.pk).update(uri=batch.uri + ".gone")

    sink(batch)

    assert batch.state == BatchState.DEAD and "no longer" in batch.faults[0]["reason"]


def test_a_table_that_was_altered_by_hand_holds_its_batches_back(held: Claimed, writer: Persona, data_plane: DataPlane) -> None:
    name = data_plane.table(writer.org.pk, dataset_of(writer).pk)
    data_plane.run(f"ALTER TABLE {name} RENAME COLUMN price TO cost")
    batch = send(held, lines(price()))

    sink(batch)

    table = HotTable.objects.get()
    assert (table.state, batch.state, batch.claims) == (TableState.DRIFTED, BatchState.WAITING, 0)
    assert "altered by hand" in table.error and "`price`" in table.error
    assert plane().buffers() == []


def test_what_was_held_back_is_written_once_the_table_is_right(held: Claimed, writer: Persona, data_plane: DataPlane) -> None:
    name = data_plane.table(writer.org.pk, dataset_of(writer).pk)
    data_plane.run(f"ALTER TABLE {name} RENAME COLUMN price TO cost")
    batch = send(held, lines(price()))
    sink(batch)
    told(batch)

    data_plane.run(f"ALTER TABLE {name} RENAME COLUMN cost TO price")
    services.look_again(dataset_of(writer), by=acting(writer), now=timezone.now())
    publish()

    assert [one.payload for one in told(batch)] == [{"batch_id": str(batch.pk)}]
    sink(batch)
    assert batch.state == BatchState.WRITTEN


@pytest.mark.parametrize("statement", ["DROP TABLE {}", "REVOKE ALL ON {} FROM {role}", "DROP INDEX {index}"])
def test_any_other_change_by_hand_is_told_too(held: Claimed, writer: Persona, data_plane: DataPlane, statement: str) -> None:
    name = data_plane.table(writer.org.pk, dataset_of(writer).pk)
    schema = name.split(".")[0]
    data_plane.run(statement.format(name, role=f"{schema}_rw", index=f"{schema}.u_{dataset_of(writer).pk.hex}"))
    batch = send(held, lines(price()))

    sink(batch)

    assert HotTable.objects.get().state == TableState.DRIFTED and batch.state == BatchState.WAITING


def test_a_row_that_comes_again_takes_the_place_of_the_one_before(held: Claimed, data_plane: DataPlane) -> None:
    first = send(held, lines(price(price="1", note="old"), price("BTC", price="5")), "1.jsonl")
    second = send(held, lines(price(price="2")), "2.jsonl")

    sink(first)
    sink(second)

    assert [(row["symbol"], row["price"], row["note"]) for row in rows(data_plane, first)] == [("BTC", 5, None), ("ETH", 2, None)]


def test_what_was_handed_over_later_stays_whichever_comes_first(held: Claimed, data_plane: DataPlane) -> None:
    first, second = send(held, lines(price(price="1")), "1.jsonl"), send(held, lines(price(price="2")), "2.jsonl")

    sink(second)
    sink(first)

    (row,) = rows(data_plane, first)
    assert (row["price"], row["_batch"]) == (2, second.pk)


def test_a_key_that_stands_in_a_batch_twice_has_its_last_row(held: Claimed, data_plane: DataPlane) -> None:
    batch = send(held, lines(price(price="1"), price("BTC"), price(price="3"), price(price="2")))

    sink(batch)

    assert [row["price"] for row in rows(data_plane, batch)] == [1000, 2]


def test_what_the_table_refuses_is_told_by_row(held: Claimed) -> None:
    """What is read quickly is not held to the number of days in a month."""
    batch = send(held, lines(price(), price() | {"at": "2026-02-30T12:00:00Z"}))

    sink(batch)

    assert [(fault["row"], fault["column"]) for fault in batch.faults] == [(2, "at")]


def test_what_no_index_can_hold_is_a_dead_letter(held: Claimed, data_plane: DataPlane) -> None:
    """PostgreSQL calls it an error of its operation, as it does what may pass; text that can be compressed would fit."""
    batch = send(held, lines(price(random.Random(1).randbytes(9_000).hex())))

    assert len(sink(batch).over) == 1

    assert batch.state == BatchState.DEAD and "index row" in batch.faults[0]["reason"]
    assert rows(data_plane, batch) == []


def test_the_batch_of_one_org_reaches_no_table_of_another(held: Claimed, data_plane: DataPlane) -> None:
    other = make_persona("writer", org=make_org("Elsewhere"))
    armed(other, feed())
    batch = send(held, lines(price()))
    given = claimed(batch).model_copy(update={"dataset_id": dataset_of(other).pk})

    with pytest.raises(Drifted):
        writer_of_rows().write(given, read(given, lines(price())))

    assert data_plane.rows(other.org.pk, dataset_of(other).pk) == []


def test_the_schema_of_a_batch_is_that_of_when_it_was_handed_over(held: Claimed, writer: Persona, data_plane: DataPlane) -> None:
    batch = send(held, lines(price(note="kept")))
    armed(writer, feed({name: kind for name, kind in PRICES.items() if name != "note"}))

    sink(batch)

    assert batch.state == BatchState.WRITTEN and rows(data_plane, batch)[0]["note"] == "kept"


def test_a_batch_that_ends_its_sinks_is_a_dead_letter_at_last(held: Claimed) -> None:
    batch = send(held, lines(price()))
    for _ in range(MOST_CLAIMS):
        claimed(batch)

    sink(batch)

    assert batch.state == BatchState.DEAD and "10 times" in batch.faults[0]["reason"]


def test_a_data_database_that_is_away_uses_up_no_try(held: Claimed, data_plane: DataPlane) -> None:
    batch = send(held, lines(price()))
    away = handler()
    away._writer._dsn = "postgresql://nobody@127.0.0.1:1/trace_data"

    assert not away.answers()
    done = away.handle([message(batch)])

    batch.refresh_from_db()
    assert (len(done.later), batch.state, batch.claims) == (1, BatchState.WAITING, 0)
    assert "data database" in batch.error


def test_what_is_no_batch_is_dropped(held: Claimed) -> None:
    batch = send(held, lines(price()))
    unknown = Batch(pk=uuid4(), dataset_id=batch.dataset_id)

    assert len(handler().handle([message(unknown)]).over) == 1


def test_a_batch_that_nobody_heard_of_is_told_of_again(held: Claimed) -> None:
    batch = send(held, lines(price()))
    publish()
    told(batch)
    now = timezone.now()

    assert services.wake_waiting(now=now) == 0
    Batch.objects.update(received_at=now - 2 * UNHEARD)
    assert (services.wake_waiting(now=now), services.wake_waiting(now=now)) == (1, 0)
    publish()
    assert [one.payload for one in told(batch)] == [{"batch_id": str(batch.pk)}]
