"""A dead letter is looked at, put right and tried again, by those who may change its dataset; what is personal in it stays closed."""

from __future__ import annotations

import gzip
from typing import Any

import httpx
import pytest
from django.test import Client

from apps.audit.models import Record
from apps.console.catalog.letters import MOST_EDITED_BYTES
from apps.platform.config import Config
from apps.platform.contracts import Claimed
from apps.tables.domain import BatchState
from apps.tables.models import Batch
from tests.apps.pii.makers import make_classified
from tests.apps.tables.makers import PRICES, armed, dataset_of, feed, lines, price, running, send
from tests.apps.tables.sinking import sink
from tests.factories import Persona, sign_in
from tests.fixtures.data import DataPlane

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("with_buckets")]


@pytest.fixture
def held(writer: Persona, data_plane: DataPlane, with_buckets: Config) -> Claimed:
    return running(armed(writer, feed()))


@pytest.fixture
def dead(held: Claimed, settings: Any) -> Batch:
    batch = send(held, lines(price(), price("BTC", price="a lot")))
    _sunk(batch, settings)
    assert batch.state == BatchState.DEAD
    return batch


def _sunk(batch: Batch, settings: Any) -> None:
    """The sink speaks to the other plane."""
    before, settings.ROOT_URLCONF = settings.ROOT_URLCONF, "traceweb.urls.internal"
    sink(batch)
    settings.ROOT_URLCONF = before


def call(persona: Persona, method: str, path: str = "", body: bytes = b"") -> Any:
    client = Client(headers={"Authorization": persona.bearer})
    return client.generic(method, f"/v1/datasets/prices/dead-letters{path}", body, content_type="application/x-ndjson")


def test_they_are_listed_with_what_is_wrong(dead: Batch, writer: Persona) -> None:
    (told,) = call(writer, "GET").json()["results"]

    (fault,) = told["faults"]
    assert (told["id"], told["fault_count"], fault["row"], fault["column"]) == (str(dead.pk), 1, 2, "price")
    assert "a lot" in fault["reason"]


def test_one_is_looked_at_and_downloaded(dead: Batch, writer: Persona) -> None:
    shown = call(writer, "GET", f"/{dead.pk}").json()["first_rows"]

    assert len(shown) == 2 and "a lot" in shown[1]
    url = call(writer, "GET", f"/{dead.pk}/link").json()["url"]
    assert httpx.get(url).content == lines(price(), price("BTC", price="a lot"))


def test_rows_that_were_put_right_go_in_its_place(dead: Batch, writer: Persona, data_plane: DataPlane, settings: Any) -> None:
    answer = call(writer, "POST", f"/{dead.pk}/repair", lines(price(), price("BTC", price="7")))

    made = Batch.objects.get(pk=answer.json()["id"])
    _sunk(made, settings)
    dead.refresh_from_db()
    assert (answer.status_code, made.state, made.source, dead.state) == (202, BatchState.WRITTEN, dead, BatchState.REPLACED)
    rows = data_plane.rows(writer.org.pk, dead.dataset_id, order="symbol")
    assert [(row["symbol"], row["price"], row["_producer_task"]) for row in rows] == [
        ("BTC", 7, dead.task_id),
        ("ETH", 1000, dead.task_id),
    ]
    assert call(writer, "GET").json()["results"] == []


def test_a_repair_that_is_wrong_again_is_a_dead_letter_again(dead: Batch, writer: Persona, settings: Any) -> None:
    made = Batch.objects.get(pk=call(writer, "POST", f"/{dead.pk}/repair", b"no rows").json()["id"])

    _sunk(made, settings)

    assert [one["id"] for one in call(writer, "GET").json()["results"]] == [str(made.pk)]


def test_a_repair_that_is_sent_twice_is_one(dead: Batch, writer: Persona) -> None:
    client = Client(headers={"Authorization": writer.bearer, "Idempotency-Key": "repair-1"})
    address = f"/v1/datasets/prices/dead-letters/{dead.pk}/repair"
    first, again, other = (
        client.generic("POST", address, lines(price(price=number)), content_type="application/x-ndjson")
        for number in ("1", "1", "2")
    )

    assert (first.status_code, again.status_code, other.status_code) == (202, 202, 422)
    assert first.json()["id"] == again.json()["id"] and Batch.objects.filter(source=dead).count() == 1


@pytest.mark.parametrize("repaired_last", [True, False])
def test_rows_that_were_put_right_are_as_old_as_they_were(
    dead: Batch, held: Claimed, writer: Persona, data_plane: DataPlane, settings: Any, *, repaired_last: bool
) -> None:
    """Put right twice, so that the first is not the one before."""
    newer = send(held, lines(price("BTC", price="9")), "newer.jsonl")
    again = Batch.objects.get(pk=call(writer, "POST", f"/{dead.pk}/repair", b"no rows").json()["id"])
    _sunk(again, settings)
    made = Batch.objects.get(pk=call(writer, "POST", f"/{again.pk}/repair", lines(price("BTC", price="7"))).json()["id"])

    for batch in (newer, made) if repaired_last else (made, newer):
        _sunk(batch, settings)

    (row,) = data_plane.rows(writer.org.pk, dead.dataset_id)
    assert (made.state, newer.state, row["price"], row["_batch"]) == (BatchState.WRITTEN, BatchState.WRITTEN, 9, newer.pk)


def test_one_is_tried_again_with_the_schema_of_today(held: Claimed, writer: Persona, settings: Any) -> None:
    batch = send(held, lines(price(fee="1")))
    _sunk(batch, settings)
    armed(writer, feed(PRICES | {"fee": "uint256?"}))

    assert call(writer, "POST", f"/{batch.pk}/replay").status_code == 202
    _sunk(batch, settings)

    assert (batch.state, batch.faults) == (BatchState.WRITTEN, [])


def test_what_is_no_dead_letter_is_left_alone(dead: Batch, writer: Persona) -> None:
    Batch.objects.update(state=BatchState.WRITTEN)

    for act, body in (("replay", b""), ("repair", lines(price()))):
        answer = call(writer, "POST", f"/{dead.pk}/{act}", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "not_a_dead_letter")
    assert call(writer, "POST", f"/{dead.pk}/repair", b" ").json()["code"] == "batch_empty"


def test_both_are_in_the_audit_log(dead: Batch, writer: Persona) -> None:
    call(writer, "POST", f"/{dead.pk}/repair", lines(price()))

    record = Record.objects.get(action="batch.repair")
    assert record.actor_name == writer.person.email
    assert record.after and record.after["of"] == str(dead.pk)


def test_personal_data_in_it_is_for_those_who_may_see_it(dead: Batch, writer: Persona) -> None:
    make_classified(writer.org, "price", dataset="prices")

    shown = call(writer, "GET", f"/{dead.pk}").json()

    assert shown["first_rows"] == [] and "a lot" not in str(shown["faults"])
    link = call(writer, "GET", f"/{dead.pk}/link")
    assert (link.status_code, link.json()["code"]) == (403, "pii_refused")


def test_another_dataset_has_none_of_its_batches(dead: Batch, writer: Persona) -> None:
    armed(writer, feed(name="other", dataset="others"), name="other")

    client = Client(headers={"Authorization": writer.bearer})
    assert client.get(f"/v1/datasets/others/dead-letters/{dead.pk}").status_code == 404


def test_a_page_shows_it_and_takes_it_put_right(dead: Batch, writer: Persona) -> None:
    client = Client()
    sign_in(client, writer.person)
    page = f"/o/{writer.org.slug}/catalog/prices"

    shown = client.get(f"{page}?tab=dead-letters&batch={dead.pk}").content.decode()
    assert "a lot" in shown and "row 2" in shown and "Write these in its place" in shown
    client.post(f"{page}/dead-letters/{dead.pk}/repair", {"rows": lines(price()).decode()})

    assert Batch.objects.get(source=dead).state == BatchState.WAITING
    assert "No dead letters" in client.get(f"{page}?tab=dead-letters").content.decode()


def test_a_page_offers_no_part_of_a_batch_to_be_written_in_its_place(held: Claimed, writer: Persona, settings: Any) -> None:
    """Its producer said that it has 10 bytes."""
    batch = send(held, lines(price("BTC", price="a lot")) + b"\n" * MOST_EDITED_BYTES, batch_size_bytes=10)
    _sunk(batch, settings)
    client = Client()
    sign_in(client, writer.person)

    shown = client.get(f"/o/{writer.org.slug}/catalog/prices?tab=dead-letters&batch={batch.pk}").content.decode()

    assert "Too large to put right here" in shown and "<textarea" not in shown


def test_a_page_leads_to_all_of_it_and_holds_no_key_to_it(dead: Batch, writer: Persona) -> None:
    client = Client()
    sign_in(client, writer.person)
    page = f"/o/{writer.org.slug}/catalog/prices"
    address = f"{page}/dead-letters/{dead.pk}/download"

    shown = client.get(f"{page}?tab=dead-letters&batch={dead.pk}").content.decode()
    led = client.get(address)

    assert address in shown and "Signature" not in shown
    assert led.status_code == 302 and "a lot" in httpx.get(led["Location"]).text
    make_classified(writer.org, "price", dataset="prices")
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("body", [b"\x1f\x8bnot gzip at all", gzip.compress(b"x" * 100, mtime=0)[:10] + b"\xff" * 20])
def test_one_that_is_packed_wrongly_is_looked_at_all_the_same(held: Claimed, writer: Persona, settings: Any, body: bytes) -> None:
    batch = send(held, body)
    _sunk(batch, settings)
    client = Client()
    sign_in(client, writer.person)

    told = call(writer, "GET", f"/{batch.pk}")
    shown = client.get(f"/o/{writer.org.slug}/catalog/prices?tab=dead-letters&batch={batch.pk}")

    assert (told.status_code, told.json()["first_rows"]) == (200, []) and "cannot be unpacked" in told.json()["why_no_rows"]
    assert shown.status_code == 200 and "Its rows cannot be shown." in shown.content.decode()


def test_a_reader_has_no_such_tab(dead: Batch, reader: Persona, writer: Persona) -> None:
    client = Client()
    sign_in(client, reader.person)

    assert "Dead letters" not in client.get(f"/o/{writer.org.slug}/catalog/prices?tab=dead-letters").content.decode()


def test_a_table_that_was_altered_says_so_and_is_looked_at_again(held: Claimed, writer: Persona, data_plane: DataPlane) -> None:
    dataset = dataset_of(writer)
    dataset.table.state, dataset.table.error = "drifted", "It was altered by hand: something."
    dataset.table.save()
    client = Client()
    sign_in(client, writer.person)
    page = f"/o/{writer.org.slug}/catalog/prices"

    assert "altered by hand" in client.get(f"{page}?tab=dead-letters").content.decode()
    client.post(f"{page}/table/look-again")

    dataset.table.refresh_from_db()
    assert dataset.table.state == "pending"
