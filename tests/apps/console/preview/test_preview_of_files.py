"""The newest rows of a dataset that lies in the object store, as each of its people may see them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from apps.audit.models import Record
from apps.console.preview import previewing
from apps.console.preview.cells import LONGEST
from apps.datasets.models import Dataset, Partition, Producer
from apps.datasets.stores import data_store
from apps.pii.policy import decide
from apps.platform.ports.objects import ObjectStore
from tests.apps.datasets.makers import begin, do, parquet_dag
from tests.apps.pii.makers import make_classified, make_grant
from tests.factories import Persona, principal, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("keys")]


@pytest.fixture
def kept(writer: Persona, data_bucket: ObjectStore) -> Dataset:
    """Three partitions of ten blocks, the last of them cut short."""
    _, claimed = begin(writer, parquet_dag(), ranges=(0, 24))
    do(claimed, data_bucket)
    return Dataset.objects.get(name="kept_blocks")


def told(who: Persona, *, status: int = 200, query: str = "", name: str = "kept_blocks") -> dict[str, Any]:
    answer = Client(headers={"Authorization": who.bearer}).get(f"/v1/datasets/{name}/preview{query}")
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def page(who: Persona) -> str:
    client = Client()
    sign_in(client, who.person)
    return client.get(f"/o/{who.org.slug}/catalog/kept_blocks?tab=preview").text


@pytest.mark.usefixtures("kept")
def test_the_first_rows_of_the_newest_partition(reader: Persona) -> None:
    found = told(reader)

    assert [one["name"] for one in found["columns"]] == ["block_number", "value"]
    assert found["rows"] == [[str(n), f"v{n}"] for n in range(20, 25)]
    assert "20-24" in found["of"]
    assert "v24" in page(reader)


@pytest.mark.usefixtures("kept")
def test_no_more_rows_than_are_asked_for(reader: Persona) -> None:
    assert len(told(reader, query="?limit=2")["rows"]) == 2
    assert told(reader, query="?limit=101", status=400)["code"] == "bad_limit"


@pytest.mark.usefixtures("kept")
def test_an_empty_partition_is_passed_over(reader: Persona) -> None:
    Partition.objects.filter(key="20-24").update(rows=0)

    assert told(reader)["rows"][0][0] == "10"


@pytest.mark.usefixtures("keeping")
def test_where_nothing_is_committed_it_says_so(writer: Persona, reader: Persona) -> None:
    begin(writer, parquet_dag(), ranges=(0, 9))

    assert "Nothing is committed yet" in told(reader)["why_no_rows"]
    assert "Nothing is committed yet" in page(reader)


def test_without_the_right_there_is_no_row(reader: Persona, kept: Dataset) -> None:
    Dataset.objects.filter(pk=kept.pk).update(visibility="private", owner=None)

    assert told(reader, status=403)["code"] == "forbidden"
    assert "v24" not in page(reader)


@pytest.mark.parametrize("mask", ["hash", "null", None])
def test_what_is_personal_is_closed_without_a_grant(reader: Persona, kept: Dataset, mask: str | None) -> None:
    make_classified(kept.org, "value", dataset="kept_blocks", mask=mask)

    found = told(reader)

    assert "v24" not in str(found) and found["columns"][1]["outcome"] == ("masked" if mask else "refused")
    assert (found["rows"][4][1] is None) == (mask != "hash")
    assert "v24" not in page(reader)
    assert not Record.objects.filter(action="pii.see").exists()


def test_the_same_value_has_the_same_hash_and_another_in_another_org(reader: Persona, kept: Dataset) -> None:
    make_classified(kept.org, "value", dataset="kept_blocks")

    first, again = told(reader)["rows"], told(reader)["rows"]

    assert first == again and len({row[1] for row in first}) == len(first)


def test_what_is_cut_has_no_hash(reader: Persona, kept: Dataset) -> None:
    """Values that begin alike would have one, and none that of the value elsewhere."""
    make_classified(kept.org, "value", dataset="kept_blocks")
    (one,) = decide(kept.org, "kept_blocks", ["value"], who=principal(reader), now=timezone.now())

    assert previewing._cell("x" * LONGEST, one, kept)[0]
    assert previewing._cell("x" * (LONGEST + 1), one, kept) == (None, False)


def test_who_holds_a_grant_sees_it_and_that_is_written_down(reader: Persona, kept: Dataset) -> None:
    make_classified(kept.org, "value", dataset="kept_blocks")
    grant = make_grant(kept.org, reader.person, columns=None, dataset="kept_blocks", now=timezone.now())

    found = told(reader)

    assert found["rows"][4][1] == "v24" and "Grant to" in found["columns"][1]["because"]
    seen = Record.objects.get(action="pii.see")
    assert seen.actor_id == reader.person.pk and seen.after == {
        "dataset": "kept_blocks", "columns": ["value"], "grants": [str(grant.pk)],
    }  # fmt: skip


@pytest.fixture
def whole(kept: Dataset) -> Dataset:
    """A union whose one half is what is kept."""
    union = {"cold": {"job": "leaf"}}
    found = Dataset.objects.create(org=kept.org, name="whole", storage="union", visibility="org")
    Producer.objects.create(dataset=found, dag="kept", spec={"union": union}, since=timezone.now())
    return found


@pytest.mark.usefixtures("whole")
def test_what_is_marked_under_the_name_of_a_half_is_closed_in_the_union(reader: Persona, kept: Dataset) -> None:
    assert "v24" in str(told(reader, name="whole"))
    make_classified(kept.org, "value", dataset="kept_blocks")

    found = told(reader, name="whole")

    assert "v24" not in str(found) and found["columns"][1]["outcome"] == "masked"


@pytest.mark.usefixtures("whole")
def test_the_strictest_name_decides_and_each_grant_is_written_down(reader: Persona, kept: Dataset) -> None:
    make_classified(kept.org, "value", dataset="kept_blocks")
    make_classified(kept.org, "value", dataset="whole", mask=None)
    make_grant(kept.org, reader.person, columns=None, dataset="kept_blocks", now=timezone.now())
    assert told(reader)["columns"][1]["outcome"] == "refused"
    assert not Record.objects.filter(action="pii.see").exists()

    make_grant(kept.org, reader.person, columns=None, dataset="whole", now=timezone.now())

    assert told(reader, name="whole")["rows"][4][1] == "v24"
    assert {(one.after or {})["dataset"] for one in Record.objects.filter(action="pii.see")} == {"kept_blocks", "whole"}


@pytest.mark.usefixtures("kept")
def test_a_file_that_is_gone_is_a_sentence(reader: Persona) -> None:
    Partition.objects.update(prefix="nowhere/")

    assert "is not there" in told(reader)["why_no_rows"]


@pytest.mark.usefixtures("kept")
def test_a_store_that_is_away_is_a_sentence(reader: Persona) -> None:
    data_store.cache_clear()
    try:
        with override_settings(CONFIG=dataclasses.replace(settings.CONFIG, s3_endpoint="http://127.0.0.1:9")):
            assert "does not answer" in told(reader)["why_no_rows"]
    finally:
        data_store.cache_clear()
