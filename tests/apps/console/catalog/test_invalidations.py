"""A person says that something of a dataset does not hold any more: over HTTP, and on its page."""

from __future__ import annotations

from typing import Any

import pytest

from apps.audit.models import Record
from apps.dags.models import Dag
from apps.dispatch.models import Invalidation
from apps.orgs.services import change_visibility
from apps.platform.ports.objects import ObjectStore
from tests.apps.datasets.conftest import keeping
from tests.apps.datasets.makers import do
from tests.apps.dispatch.conftest import keys, signing_keys
from tests.apps.dispatch.makers import arm, claim, claim_one, finish, publish, start, tasks_of, work
from tests.apps.runs.makers import api, browser, post
from tests.factories import Persona, acting

__all__ = ["keeping", "keys", "signing_keys"]
pytestmark = pytest.mark.django_db
MADE = """name: made
jobs:
  - { name: start, activation: source, runtime: dispatcher, operator: trigger_manual, outputs: 1, source: { kind: manual } }
  - name: keep
    activation: reactive
    runtime: ecs_platform
    operator: sleep
    outputs: 1
    inputs: [{ from: { job: start } }]
    execution_strategy: PerPartition
    update_strategy: replace
    config: { seconds: 0 }
publish:
  kept: { from: { job: keep } }
"""
READ = """name: read
jobs:
  - name: follow
    activation: reactive
    runtime: ecs_platform
    operator: noop
    outputs: 1
    inputs: [{ from: { dataset: kept } }]
    execution_strategy: PerPartition
    update_strategy: replace
"""


@pytest.fixture
def read(writer: Persona, data_bucket: ObjectStore) -> Dag:
    """A DAG that reads what another makes; both have done three partitions."""
    made, read = arm(writer, MADE, name="made"), arm(writer, READ, name="read")
    for at in (0, 10, 20):
        start(made, block_range=(at, at + 9))
    do(claim(*[task.pk for task in tasks_of(made, "keep")]), data_bucket)
    work(tasks_of(read, "follow"))
    return read


def listed(persona: Persona, query: str = "", *, status: int = 200) -> Any:
    answer = api(persona).get(f"/v1/datasets/kept/invalidations{query}")
    assert answer.status_code == status, answer.text
    return answer.json()


def say(persona: Persona, *, status: int = 202, **body: Any) -> Any:
    answer = post(persona, "/v1/datasets/kept/invalidations", body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_dry_run_says_who_does_how_much_again_and_changes_nothing(writer: Persona, read: Dag) -> None:
    told = say(writer, range={"start": 5, "end": 12}, dry_run=True, status=200)

    assert told == {"invalidations": [], "jobs": [{"dag": "read", "job": "follow", "tasks": 2}]}
    assert not Invalidation.objects.exists() and len(tasks_of(read, "follow")) == 3
    assert say(writer, partition="20-29", dry_run=True, status=200)["jobs"][0]["tasks"] == 1
    assert say(writer, partition="elsewhere", dry_run=True, status=200)["jobs"][0]["tasks"] == 0


def test_it_is_done_again_listed_and_audited(writer: Persona, reader: Persona, read: Dag) -> None:
    (made,) = say(writer, range={"start": 5, "end": 12})["invalidations"]
    publish()

    assert [task.partition_key for task in tasks_of(read, "follow")[3:]] == ["0-9", "10-19"]
    (one,) = listed(reader, "?open=true")["results"]
    assert (one["id"], one["range"], one["reason"], one["said_by"]) == (
        made,
        {"start": 5, "end": 12},
        "manual",
        writer.person.email,
    )
    assert one["redone_by"] == [{"dag": "read", "job": "follow", "tasks": 2, "done": 0, "failed": 0}]
    record = Record.objects.get(action="dataset.invalidate")
    assert record.object_name == "kept" and record.after == {"range": [5, 12], "partition": None, "jobs": 1, "tasks": 2}

    for task in tasks_of(read, "follow")[3:]:
        finish(claim_one(task.pk))

    assert listed(reader, "?open=true")["results"] == []
    (one,) = listed(reader)["results"]
    assert one["done_at"] and one["redone_by"][0]["done"] == 2


def test_sent_twice_with_its_key_it_is_said_once(writer: Persona, read: Dag) -> None:
    for _ in range(2):
        post(writer, "/v1/datasets/kept/invalidations", {"partition": "0-9"}, key="again")

    assert Invalidation.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422), ({"range": {"start": 1, "end": 2}, "partition": "0-9"}, 422), ({"range": {"start": 2, "end": 1}}, 422),
        ({"range": {"start": -1, "end": 1}}, 422), ({"range": {"start": 0, "end": 2**63}}, 422), ({"range": {"start": 1}}, 400),
        ({"partition": "a\nb"}, 422), ({"partition": "x" * 201}, 422), ({"range": {"start": "x", "end": 2}}, 400), ({"rows": 5}, 400),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(writer: Persona, read: Dag, body: dict[str, Any], status: int) -> None:
    say(writer, status=status, **body)

    assert not Invalidation.objects.exists()


def test_what_nobody_makes_any_more_cannot_be_done_again(writer: Persona, read: Dag) -> None:
    from tests.apps.dags.makers import activate

    activate(writer, None, dag=Dag.objects.get(name="made"))
    publish()

    assert say(writer, partition="0-9", status=409)["code"] == "nothing_makes_it"


def test_who_may(writer: Persona, reader: Persona, stranger: Persona, admin: Persona, read: Dag) -> None:
    say(reader, partition="0-9", status=403)
    say(stranger, partition="0-9", status=404)
    listed(stranger, status=404)
    from apps.datasets.models import Dataset

    change_visibility(Dataset.objects.get(name="kept"), visibility="private", by=acting(writer))

    listed(reader, status=403)
    say(admin, partition="0-9")


def test_a_job_of_a_dag_that_is_not_theirs_has_no_name(writer: Persona, reader: Persona, read: Dag) -> None:
    change_visibility(read, visibility="private", by=acting(writer))
    say(writer, partition="0-9")
    publish()

    (one,) = listed(reader)["results"]

    assert one["redone_by"] == [{"dag": None, "job": None, "tasks": 1, "done": 0, "failed": 0}]


def test_the_page_shows_first_what_is_done_again(writer: Persona, read: Dag) -> None:
    pages, at = browser(writer), f"/o/{writer.org.slug}/catalog/kept"

    asked = pages.get(f"{at}/invalidating?start=5&end=12&partition=")
    assert "read / follow" in asked.text and "Invalidate (2 tasks)" in asked.text
    answer = pages.post(f"{at}/invalidate", {"start": "5", "end": "12", "partition": ""})
    assert answer.status_code == 302 and answer["Location"].endswith("?tab=invalidations")
    publish()

    shown = pages.get(f"{at}?tab=invalidations").text
    assert "5 to 12" in shown and writer.person.email in shown and "0 of 2" in shown and "Open" in shown
    task = tasks_of(read, "follow")[-1]
    about = pages.get(f"/o/{writer.org.slug}/runs/{task.pk}").text
    assert "does not hold any more" in about and "manual" in about


def test_a_form_that_says_nothing_comes_back_with_words(writer: Persona, read: Dag) -> None:
    pages, at = browser(writer), f"/o/{writer.org.slug}/catalog/kept"

    answer = pages.get(f"{at}/invalidating?start=5&end=&partition=", follow=True)

    assert "whole numbers" in answer.text


def test_a_reader_sees_no_form(reader: Persona, read: Dag) -> None:
    assert "See what is done again" not in browser(reader).get(f"/o/{reader.org.slug}/catalog/kept?tab=invalidations").text


def test_the_activity_of_the_dataset_tells_of_it(writer: Persona, read: Dag) -> None:
    say(writer, range={"start": 5, "end": 12})

    text = browser(writer).get(f"/o/{writer.org.slug}/catalog/kept?tab=activity").text

    assert "<code>manual</code>" in text and "5 to 12" in text
    assert "<code>dataset.publish</code>" in text, "beside what the audit log has"
