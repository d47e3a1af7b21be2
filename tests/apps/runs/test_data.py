"""What a task read and what it made, on its page and from the API."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.dags.models import Dag
from apps.datasets.models import Dataset, Partition
from apps.dispatch.models import Pin
from apps.orgs.domain import Visibility
from apps.platform.contracts import Claimed
from apps.platform.ports.objects import ObjectStore
from operators.sdk.catalogue import catalogue
from operators.sdk.declaration import Output
from operators.sdk.words import Storage
from tests.apps.datasets.conftest import keeping
from tests.apps.datasets.makers import leaves, parquet_dag
from tests.apps.dispatch.makers import arm, claim_one, event, finish, publish
from tests.apps.lineage.makers import do, make_partitions, pin
from tests.apps.runs.makers import api, armed, page, run_of, splitter
from tests.factories import Persona

__all__ = ["keeping"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def dag(writer: Persona, data_bucket: ObjectStore) -> Dag:
    return make_partitions(writer, data_bucket)


@pytest.fixture
def reading(dag: Dag) -> Claimed:
    """An attempt that has the three partitions that are there to read."""
    (claimed,) = leaves(dag, (30, 39))
    for number, piece in enumerate(Partition.objects.order_by("range_start")):
        pin(claimed, piece, read_rows=4 if number == 0 else None)
    return claimed


def told(persona: Persona, claimed: Claimed) -> Any:
    answer = api(persona).get(f"/v1/tasks/{claimed.task_id}")
    assert answer.status_code == 200, answer.text
    whole: dict[str, Any] = answer.json()
    return whole


def shown(persona: Persona, path: object) -> str:
    return re.sub(r"\s+", " ", page(persona, f"/{path}"))


def hide(*, dag: bool) -> None:
    Dataset.objects.update(visibility=Visibility.PRIVATE)
    if dag:
        Dag.objects.filter(name="kept").update(visibility=Visibility.PRIVATE)


def test_what_it_read_is_told_as_it_was_pinned(reading: Claimed, reader: Persona) -> None:
    (read,) = told(reader, reading)["reads"]["versions"]

    assert (read["input"], read["dataset"], read["job"]) == (0, "kept_blocks", "kept / leaf")
    assert (read["partitions"], read["rows"], read["read_rows"], read["is_current"]) == (3, 30, 4, True)
    assert [one["partition"] for one in read["first"]] == ["0-9", "10-19", "20-29"]


def test_another_attempt_has_read_nothing_of_it(reading: Claimed, reader: Persona) -> None:
    Pin.objects.update(attempt=reading.attempt + 1)

    assert told(reader, reading)["reads"] == {"versions": [], "hidden": 0}


def test_what_it_committed_is_told(reading: Claimed, reader: Persona, data_bucket: ObjectStore) -> None:
    do([reading], data_bucket)

    (made,) = told(reader, reading)["made"]["versions"]
    assert (made["dataset"], made["partitions"], made["rows"]) == ("kept_blocks", 1, 10)
    assert made["first"] == [{"partition": "30-39", "number": 1, "rows": 10, "size_bytes": made["size_bytes"]}]


def test_the_page_leads_to_the_partitions_and_to_what_they_were_made_from(
    reading: Claimed, reader: Persona, data_bucket: ObjectStore
) -> None:
    do([reading], data_bucket)

    text = shown(reader, reading.task_id)

    at = f"/o/{reader.org.slug}/catalog/kept_blocks?tab="
    assert f'{at}partitions&key=10-19"' in text and f'{at}partitions&key=30-39"' in text
    assert f'{at}lineage&at=30-39#made"' in text and "4 rows" in text


def test_more_than_the_first_have_a_page_of_their_own(reading: Claimed, reader: Persona) -> None:
    piece = Partition.objects.get(key="0-9")
    for _ in range(20):
        pin(reading, piece)

    (read,) = told(reader, reading)["reads"]["versions"]
    assert (read["partitions"], len(read["first"])) == (23, 20)
    assert "All 23" in shown(reader, reading.task_id)
    assert "23 partitions" in shown(reader, f"{reading.task_id}/reads")
    every = api(reader).get(f"/v1/tasks/{reading.task_id}/reads", {"limit": 22}).json()
    assert len(every["results"]) == 22 and every["next"] and every["results"][0]["read_rows"] == 4


def test_of_what_somebody_does_not_see_the_name_is_left_out(reading: Claimed, reader: Persona) -> None:
    hide(dag=False)

    (read,) = told(reader, reading)["reads"]["versions"]
    assert (read["dataset"], read["job"]) == (None, "kept / leaf")
    assert "kept_blocks" not in shown(reader, reading.task_id)


def test_what_is_of_a_dag_that_they_do_not_see_is_counted_only(dag: Dag, writer: Persona, reader: Persona) -> None:
    other = armed(writer)
    run_of(other)
    claimed = claim_one(splitter(other).pk)
    for piece in Partition.objects.all():
        pin(claimed, piece)
    hide(dag=True)

    assert told(reader, claimed)["reads"] == {"versions": [], "hidden": 1}
    assert api(reader).get(f"/v1/tasks/{claimed.task_id}/reads").json()["results"] == []
    text = shown(reader, claimed.task_id)
    assert "1 thing that you do not see" in text and "kept" not in shown(reader, f"{claimed.task_id}/reads").split("<main")[1]


def test_of_a_table_it_says_how_far_it_wrote(writer: Persona, reader: Persona, keeping: None) -> None:
    object.__setattr__(catalogue().operators["sleep"], "outputs", (Output("rows", "What a test writes.", Storage.POSTGRES),))
    (claimed,) = leaves(arm(writer, parquet_dag(), name="kept"), (0, 9))
    finish(claimed, event(claimed, cursor=5, data={"rows": 2}), event(claimed, cursor=10**18, data={"rows": "many"}))
    publish()

    made = told(reader, claimed)["made"]

    assert made["versions"] == []
    (table,) = made["tables"]
    assert (table["dataset"], table["reports"], table["rows"], table["is_more"]) == ("kept_blocks", 2, 2, False)
    assert (table["first"], table["last"]) == ("5", str(10**18))
    assert "told of 2 times" in shown(reader, claimed.task_id)


def test_as_many_queries_however_much_was_read(reading: Claimed, reader: Persona) -> None:
    piece = Partition.objects.get(key="0-9")
    few, _ = _queries(reader, reading), [pin(reading, piece) for _ in range(30)]

    assert _queries(reader, reading) == few


def _queries(persona: Persona, claimed: Claimed) -> int:
    page(persona, f"/{claimed.task_id}")
    with CaptureQueriesContext(connection) as found:
        page(persona, f"/{claimed.task_id}")
    return len(found)
