"""Files of a dataset, read by any program: what is current at one moment, and only by those who may see all of it."""

from __future__ import annotations

import io
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.models import Record
from apps.cli.downloading import download
from apps.console.catalog import files
from apps.dags.models import Dag
from apps.datasets.models import Dataset, Partition
from apps.platform.ports.objects import ObjectStore
from tests.apps.datasets.makers import begin, do, leaves, parquet_dag
from tests.apps.pii.makers import make_classified, make_grant
from tests.factories import Persona

pytestmark = pytest.mark.django_db
URL = "/v1/datasets/kept_blocks/files"


@pytest.fixture
def asks(writer: Persona, data_bucket: ObjectStore) -> Client:
    """Three partitions of ten blocks."""
    _, claimed = begin(writer, parquet_dag(), ranges=(0, 29))
    do(claimed, data_bucket)
    return Client(headers={"Authorization": writer.bearer})


def listed(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.json()
    return [one["partition"] for one in answer.json()["partitions"]]


def test_a_link_opens_the_file_as_it_was_written(asks: Client) -> None:
    piece = asks.get(URL).json()["partitions"][1]
    (file,) = piece["files"]

    body = httpx.get(file["url"]).raise_for_status().content

    assert (piece["partition"], sha256(body).hexdigest(), len(body)) == ("10-19", file["sha256"], file["size_bytes"])
    assert pq.read_table(io.BytesIO(body)).column("block_number").to_pylist() == list(range(10, 20))


def test_a_link_to_one_file_opens_no_other(asks: Client) -> None:
    first, second, _ = (one["files"][0]["url"] for one in asks.get(URL).json()["partitions"])
    path, _, _ = second.partition("?")

    assert httpx.get(f"{path}?{first.partition('?')[2]}").status_code == 403


def test_a_part_of_it(asks: Client) -> None:
    assert listed(asks.get(URL)) == ["0-9", "10-19", "20-29"]
    assert listed(asks.get(URL, {"start": 5, "end": 10})) == ["0-9", "10-19"]
    assert listed(asks.get(URL, {"partition": "20-29"})) == ["20-29"]
    assert listed(asks.get(URL, {"start": 100, "end": 200})) == []


def test_what_is_listed_stays_what_it_was(asks: Client, data_bucket: ObjectStore) -> None:
    before = asks.get(URL).json()["partitions"][0]

    do(leaves(Dag.objects.get(), (0, 9)), data_bucket)

    assert asks.get(URL).json()["partitions"][0]["number"] == before["number"] + 1
    body = httpx.get(before["files"][0]["url"]).content
    assert sha256(body).hexdigest() == before["files"][0]["sha256"]


def test_more_than_are_told_at_once_are_asked_for_in_parts(asks: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_FILES", 2)

    assert asks.get(URL).json()["code"] == "too_many_files"
    assert listed(asks.get(URL, {"start": 0, "end": 19})) == ["0-9", "10-19"]


@pytest.mark.parametrize("query", [{"start": "5"}, {"start": "x", "end": "9"}, {"start": "9", "end": "5"}, {"version": "x"}])
def test_what_makes_no_sense_is_said(asks: Client, query: dict[str, str]) -> None:
    assert asks.get(URL, query).status_code in {400, 404, 422}


def test_the_files_of_personal_data_are_closed(asks: Client, writer: Persona) -> None:
    make_classified(writer.org, "value", dataset="kept_blocks")

    answer = asks.get(URL)

    assert (answer.status_code, answer.json()["code"]) == (403, "pii_refused")
    assert "`value`" in answer.json()["message"]
    assert not Record.objects.filter(action="pii.see").exists()


def test_so_they_are_where_the_same_data_is_marked_under_another_name(asks: Client, writer: Persona) -> None:
    kept = Dataset.objects.get(name="kept_blocks")
    Dataset.objects.create(org=writer.org, name="also_kept", storage=kept.storage, output=kept.output)
    make_classified(writer.org, "value", dataset="also_kept")

    assert asks.get(URL).json()["code"] == "pii_refused"

    make_grant(writer.org, writer.person, columns=None, dataset="also_kept", now=timezone.now())

    assert len(listed(asks.get(URL))) == 3
    assert (Record.objects.get(action="pii.see").after or {})["dataset"] == "also_kept"


def test_nothing_is_shown_of_what_is_not_theirs(asks: Client, stranger: Persona) -> None:
    assert Client(headers={"Authorization": stranger.bearer}).get(URL).status_code == 404


def test_superseded_partitions_are_not_among_them(asks: Client) -> None:
    Partition.objects.filter(key="0-9").update(superseded_at="2026-01-01T00:00:00Z")

    assert listed(asks.get(URL)) == ["10-19", "20-29"]


def test_they_are_fetched_once(asks: Client, tmp_path: Path) -> None:
    file = asks.get(URL).json()["partitions"][0]["files"][0]

    assert (download(file, tmp_path / "a"), download(file, tmp_path / "a")) == (True, False)
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
