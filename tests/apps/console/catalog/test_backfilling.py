"""A part of a dataset is chosen over HTTP and on its page, looked at, and made."""

from __future__ import annotations

from typing import Any

import pytest

from apps.audit.models import Record
from apps.dags.models import Dag
from apps.datasets.models import Dataset
from apps.dispatch.domain import Cause
from apps.dispatch.models import Task
from apps.orgs.services import change_visibility, grant
from apps.platform.ports.objects import ObjectStore
from tests.apps.datasets.conftest import keeping
from tests.apps.datasets.makers import begin, completing, leaves, parquet_dag, whole
from tests.apps.dispatch.conftest import keys, signing_keys
from tests.apps.dispatch.makers import publish, say
from tests.apps.runs.makers import browser, post
from tests.factories import NOON, Persona, acting, make_persona

__all__ = ["keeping", "keys", "signing_keys"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def dag(writer: Persona, data_bucket: ObjectStore) -> Dag:
    """Blocks 10 to 19 are missing."""
    made, claimed = begin(writer, parquet_dag(), ranges=(0, 9))
    for one in [*claimed, *leaves(made, (20, 29))]:
        say(one, completing(one, whole(one, data_bucket)))
    publish()
    return made


def ask(persona: Persona, *, status: int = 202, key: str = "", **body: Any) -> Any:
    answer = post(persona, "/v1/datasets/kept_blocks/backfill", body, key=key)
    assert answer.status_code == status, answer.text
    return answer.json()


def backfilled() -> int:
    return Task.objects.filter(cause=Cause.BACKFILL).count()


def test_a_dry_run_says_all_and_changes_nothing(writer: Persona, dag: Dag) -> None:
    told = ask(writer, range={"start": 5, "end": 19}, dry_run=True, status=200)

    assert told == {
        "run": None, "tasks": 2, "partitions": ["0-9"], "under_way": [], "lacking": [], "below": [],
        "starts": [{"dag": "kept", "job": "start", "range": {"start": 10, "end": 19}, "tasks": 1}],
        "rewritten": {"partitions": 1, "rows": 10, "size_bytes": told["rewritten"]["size_bytes"]},
    }  # fmt: skip
    assert backfilled() == 0 and not Record.objects.filter(action="dataset.backfill").exists()


def test_it_is_made_and_the_answer_names_the_run(writer: Persona, dag: Dag) -> None:
    told = ask(writer, partitions=["0-9", "20-29"])
    publish()

    assert set(Task.objects.filter(cause=Cause.BACKFILL).values_list("root_id", flat=True).distinct()) == {
        Task.objects.get(pk=told["run"]).pk
    }
    assert backfilled() == 2


def test_sent_twice_with_its_key_it_is_done_once(writer: Persona, dag: Dag) -> None:
    first, second = (ask(writer, part="gaps", key="again") for _ in range(2))

    assert first == second and backfilled() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422), ({"range": {"start": 1, "end": 2}, "part": "gaps"}, 422), ({"range": {"start": 2, "end": 1}}, 422),
        ({"partitions": [""]}, 400), ({"partitions": ["x" * 201]}, 422), ({"part": "other"}, 400), ({"range": {"start": 1}}, 400),
        ({"partitions": "0-9"}, 400), ({"rows": 5}, 400), ({"range": {"start": 0, "end": 2**63}}, 422), ({"part": "stale"}, 409),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(writer: Persona, dag: Dag, body: dict[str, Any], status: int) -> None:
    ask(writer, status=status, **body)

    assert backfilled() == 0


def test_who_may(writer: Persona, reader: Persona, stranger: Persona, admin: Persona, dag: Dag) -> None:
    ask(reader, part="gaps", status=403)
    ask(stranger, part="gaps", status=404)

    ask(admin, part="gaps")


def test_whoever_may_not_start_the_source_hears_what_it_takes(writer: Persona, dag: Dag) -> None:
    """It is open to change for another writer, and the DAG is not."""
    other = make_persona("writer", org=writer.org)
    change_visibility(dag, visibility="private", by=acting(writer))
    kept = Dataset.objects.get(name="kept_blocks")
    grant(kept, to={"person": other.person.email}, level="change", purpose="tests", expires_at=None, by=acting(writer), now=NOON)

    told = ask(other, part="gaps", status=409)

    assert "takes the right to change its DAG" in told["message"] and "`start`" not in told["message"]


def test_the_page_shows_it_first_and_then_the_run(writer: Persona, dag: Dag) -> None:
    pages, at = browser(writer), f"/o/{writer.org.slug}/catalog/kept_blocks"
    assert f"{at}/backfilling?part=gaps" in pages.get(f"{at}?tab=partitions").text

    asked = pages.get(f"{at}/backfilling?partition=0-9&partition=20-29").text
    assert "Backfill (2 tasks)" in asked and "2 partitions, 20 rows" in asked
    answer = pages.post(f"{at}/backfill", {"partition": ["0-9", "20-29"]})
    publish()

    run = Task.objects.filter(cause=Cause.BACKFILL).earliest("pk")
    assert answer.status_code == 302 and str(run.pk) in answer["Location"]
    assert "a backfill by" in pages.get(answer["Location"]).text


def test_a_source_that_is_started_is_named(writer: Persona, dag: Dag) -> None:
    pages, at = browser(writer), f"/o/{writer.org.slug}/catalog/kept_blocks"

    assert "kept / start" in pages.get(f"{at}/backfilling?part=gaps").text


def test_nothing_to_do_is_said(writer: Persona, dag: Dag) -> None:
    pages, at = browser(writer), f"/o/{writer.org.slug}/catalog/kept_blocks"

    shown = pages.get(f"{at}/backfilling?part=stale").text

    assert "Nothing is to be made" in shown and "Backfill (" not in shown


def test_a_form_that_says_nothing_comes_back_with_words(writer: Persona, dag: Dag) -> None:
    pages, at = browser(writer), f"/o/{writer.org.slug}/catalog/kept_blocks"

    assert "whole numbers" in pages.get(f"{at}/backfilling?start=5&end=", follow=True).text


def test_a_reader_sees_no_form(reader: Persona, dag: Dag) -> None:
    shown = browser(reader).get(f"/o/{reader.org.slug}/catalog/kept_blocks?tab=partitions").text

    assert "10-19" in shown and "backfilling" not in shown
