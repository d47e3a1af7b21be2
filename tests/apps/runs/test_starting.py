"""Runs by hand, over HTTP."""

from __future__ import annotations

import pytest

from apps.audit.models import Record
from apps.dags.models import Dag
from tests.apps.dags.makers import HOURLY
from tests.apps.dispatch.makers import publish, tasks_of, work
from tests.apps.runs.makers import api, armed, chunks, completed, post, splitter
from tests.factories import Persona

pytestmark = pytest.mark.django_db
START = "/v1/dags/ranges/jobs/start/runs"
CHUNKS = "/v1/dags/ranges/jobs/chunks/runs"


@pytest.fixture
def dag(writer: Persona) -> Dag:
    return armed(writer, extra=HOURLY)


def test_a_run_with_a_range_goes_through_the_dag(dag: Dag, writer: Persona) -> None:
    answer = post(writer, START, {"range": {"start": 5, "end": 9}})
    publish()

    (task,) = tasks_of(dag, "start")
    assert (answer.status_code, answer.json()) == (202, {"tasks": [{"id": str(task.pk)}]})
    assert task.made_by_id == writer.person.pk and splitter(dag).partition_key == "5-9"
    assert Record.objects.get(action="job.start").after == {"range": [5, 9], "tasks": 1}


def test_a_run_needs_no_range(dag: Dag, writer: Persona) -> None:
    assert post(writer, START).status_code == 202


def test_asked_again_with_the_same_key_it_is_the_same_run(dag: Dag, writer: Persona) -> None:
    first, again, other = (post(writer, START, key=key) for key in ("a", "a", "b"))

    assert [answer.status_code for answer in (first, again, other)] == [202, 202, 202]
    assert again["Idempotency-Replayed"] == "true"
    assert first.json() == again.json() != other.json()
    assert Record.objects.filter(action="job.start").count() == 2


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        (START, {"range": {"start": 9, "end": 5}}, 422, "bad_range"),
        (START, {"range": {"start": -1, "end": 5}}, 422, "bad_range"),
        (START, {"range": {"start": 0, "end": 2**63}}, 422, "bad_range"),
        (START, {"range": {"start": 1}}, 400, "bad_input"),
        (START, {"rnge": {}}, 400, "unknown_field"),
        ("/v1/dags/ranges/jobs/tick/runs", {}, 422, "not_manual"),
        (CHUNKS, {}, 422, "range_needed"),
        (CHUNKS, {"range": {"start": 0, "end": 5}}, 422, "nothing_in_range"),
        ("/v1/dags/ranges/jobs/never/runs", {}, 404, "unknown_job"),
        ("/v1/dags/never/jobs/start/runs", {}, 404, "unknown_dag"),
    ],
)
def test_what_cannot_be_started_says_why(
    dag: Dag, writer: Persona, path: str, body: dict[str, object], status: int, code: str
) -> None:
    answer = post(writer, path, body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_paused_job_is_not_started(dag: Dag, writer: Persona) -> None:
    api(writer).put("/v1/dags/ranges/jobs/start/paused", {"paused": True}, content_type="application/json")

    assert post(writer, START).json()["code"] == "job_paused"


def test_a_dag_that_is_switched_off_starts_nothing(dag: Dag, writer: Persona) -> None:
    api(writer).put("/v1/dags/ranges/active", {"version_id": None}, content_type="application/json")
    publish()

    assert (post(writer, START).status_code, post(writer, START).json()["code"]) == (409, "job_not_active")


def test_a_job_that_listens_does_its_partitions_over_the_range_again(dag: Dag, writer: Persona) -> None:
    for start in (0, 5000):
        completed(dag, blocks=(start, start + 999))
    before = len(tasks_of(dag, "chunks"))

    answer = post(writer, CHUNKS, {"range": {"start": 900, "end": 4000}})

    (again,) = tasks_of(dag, "chunks")[before:]
    assert answer.json() == {"tasks": [{"id": str(again.pk)}]}
    assert (again.partition_key, again.cause) == ("0-999", "rerun")
    work([again], chunks)
    assert splitter(dag).status == "completed"


def test_a_partition_that_is_under_way_is_not_done_twice(dag: Dag, writer: Persona) -> None:
    completed(dag, blocks=(0, 999))
    body = {"range": {"start": 0, "end": 999}}

    assert [post(writer, CHUNKS, body).status_code for _ in range(2)] == [202, 422]


def test_a_key_for_what_takes_none_is_refused(dag: Dag, writer: Persona) -> None:
    completed(dag)

    assert post(writer, CHUNKS, {"range": {"start": 0, "end": 9}}, key="a").json()["code"] == "key_not_taken"
