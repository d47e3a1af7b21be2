"""How fresh a dataset is: its last change, whether that is too long ago, and how far it is behind what it is made of."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.dags.models import Dag
from apps.datasets.models import Dataset, Freshness
from apps.dispatch import services
from tests.apps.console.catalog.makers import make_dataset
from tests.apps.dags.makers import manual
from tests.apps.dispatch.conftest import keys, signing_keys
from tests.apps.dispatch.makers import arm, event, start, tasks_of, work
from tests.factories import Persona, sign_in

__all__ = ["keys", "signing_keys"]
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("keys")]
HOUR = timedelta(hours=1)


@pytest.fixture
def dag(writer: Persona) -> Dag:
    return arm(writer, manual())


def expected(dag: Dag, writer: Persona, *, cadence: str = "1h") -> Dataset:
    """The output of the splitter, by a name."""
    return make_dataset(writer.org, "chunked", dag=dag.name, job="chunks", owner=writer.person, cadence=cadence)


def told(who: Persona, name: str = "chunked") -> dict[str, object]:
    answer = Client(headers={"Authorization": who.bearer}).get(f"/v1/datasets/{name}").json()
    found: dict[str, object] = answer["freshness"]
    return found


def make_chunks(dag: Dag, low: int, high: int) -> None:
    start(dag, block_range=(low, high))
    work([task for task in tasks_of(dag, "chunks") if task.status == "queued"], lambda one: [event(one, start=low, end=high)])


def look(now: datetime) -> None:
    while services.watch_lateness(now=now):
        pass


def names_late(who: Persona) -> list[str]:
    found = Client(headers={"Authorization": who.bearer}).get("/v1/datasets?late=yes").json()["results"]
    return [one["name"] for one in found]


def test_one_without_a_cadence_is_never_late(writer: Persona, dag: Dag) -> None:
    make_dataset(writer.org, "chunked", dag=dag.name, job="chunks", owner=writer.person)

    assert told(writer)["is_late"] is False and told(writer)["due_at"] is None
    assert not Freshness.objects.exists()


def test_it_is_late_once_half_a_cadence_more_has_passed(writer: Persona, dag: Dag) -> None:
    expected(dag, writer)
    make_chunks(dag, 0, 99)

    look(timezone.now() + 1.4 * HOUR)
    assert names_late(writer) == []

    look(timezone.now() + 1.6 * HOUR)
    assert names_late(writer) == ["chunked"]


def test_a_look_at_the_very_moment_is_one_look(writer: Persona, dag: Dag) -> None:
    expected(dag, writer)
    make_chunks(dag, 0, 99)
    look(timezone.now())
    due = Freshness.objects.get().look_at

    assert [services.watch_lateness(now=due) for _ in range(2)] == [1, 0]
    assert names_late(writer) == ["chunked"]


def test_a_change_makes_it_fresh_again(writer: Persona, dag: Dag) -> None:
    expected(dag, writer)
    # Published in the past of these tests, and never made.
    look(timezone.now())
    assert names_late(writer) == ["chunked"] and told(writer)["is_late"] is True

    make_chunks(dag, 0, 99)

    assert told(writer)["is_late"] is False
    look(timezone.now() + timedelta(minutes=1))
    assert names_late(writer) == []


def test_it_is_behind_by_the_blocks_that_its_input_has_and_it_has_not(writer: Persona, dag: Dag) -> None:
    expected(dag, writer)
    make_chunks(dag, 0, 99)
    assert (told(writer)["highest_block"], told(writer)["blocks_behind"], told(writer)["seconds_behind"]) == (99, 0, 0)

    start(dag, block_range=(100, 149))

    assert told(writer)["blocks_behind"] == 50


def test_one_that_has_changed_and_has_no_blocks_is_behind_nothing(writer: Persona, dag: Dag) -> None:
    expected(dag, writer)
    start(dag, block_range=(0, 99))
    assert told(writer)["blocks_behind"] == 100

    work([task for task in tasks_of(dag, "chunks") if task.status == "queued"], lambda one: [event(one, partition_key="ETH")])

    assert told(writer)["last_changed_at"] and told(writer)["blocks_behind"] is None


def test_a_source_is_behind_nothing(writer: Persona, dag: Dag) -> None:
    make_dataset(writer.org, "begun", dag=dag.name, job="start", owner=writer.person)
    start(dag, block_range=(0, 99))

    assert told(writer, "begun")["blocks_behind"] is None


def test_a_name_that_nobody_publishes_any_more_is_expected_by_nobody(writer: Persona, dag: Dag) -> None:
    expected(dag, writer)
    make_dataset(writer.org, "another", dag=dag.name, job="start", owner=writer.person)

    assert not Freshness.objects.exists()


def test_home_and_the_catalog_name_what_is_late(writer: Persona, reader: Persona, dag: Dag) -> None:
    dataset = expected(dag, writer)
    look(timezone.now())
    client = Client()
    sign_in(client, reader.person)
    org = reader.org.slug

    assert "1 dataset is late" in client.get(f"/o/{org}/").text
    assert "Late" in client.get(f"/o/{org}/catalog?late=yes").text
    assert "every 1 h" in client.get(f"/o/{org}/catalog/chunked").text

    dataset.visibility = "private"
    dataset.save(update_fields=["visibility"])
    assert "1 dataset is late" not in client.get(f"/o/{org}/").text


def test_what_comes_out_of_order_is_as_far_as_its_highest(writer: Persona, dag: Dag) -> None:
    expected(dag, writer)
    make_chunks(dag, 1000, 1099)
    make_chunks(dag, 0, 99)

    assert told(writer)["highest_block"] == 1099
