"""Tasks over HTTP: looked at, canceled, tried again, done anew."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from apps.audit.models import Record
from apps.dags.models import Dag
from apps.dispatch.models import Task
from apps.orgs.domain import Visibility
from tests.apps.dispatch.makers import claim_one, job_of, publish, tasks_of
from tests.apps.runs.makers import api, armed, completed, dead, post, run_of, splitter
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture
def dag(writer: Persona) -> Dag:
    return armed(writer)


def listed(persona: Persona, query: str = "") -> list[str]:
    answer = api(persona).get(f"/v1/tasks{query}")
    assert answer.status_code == 200, answer.json()
    return [f"{one['job']}:{one['status']}" for one in answer.json()["results"]]


def test_tasks_are_listed_newest_first_with_what_they_are(dag: Dag, reader: Persona) -> None:
    root = run_of(dag)

    first, second = api(reader).get("/v1/tasks").json()["results"]

    assert (first["job"], first["status"], first["cause"], first["version"]) == ("chunks", "queued", "event", 1)
    assert first["range"] == {"start": 0, "end": 2999} and first["root"] == str(root) == second["id"]
    assert (second["job"], second["status"], second["cause"]) == ("start", "completed", "manual")


def test_a_list_goes_on_where_its_page_ended_and_counts_when_asked(dag: Dag, reader: Persona) -> None:
    for start in range(3):
        run_of(dag, blocks=(start * 1000, start * 1000 + 999))

    page = api(reader).get("/v1/tasks?limit=4&count=true").json()
    rest = api(reader).get(f"/v1/tasks?limit=4&cursor={page['next']}").json()

    assert (page["total"], page["is_more"], rest["next"]) == (6, False, None)
    ids = [one["id"] for one in page["results"] + rest["results"]]
    assert ids == sorted(ids, reverse=True) and len(set(ids)) == 6


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?job=start", ["start:completed", "start:completed"]),
        ("?status=dead", ["chunks:failed"]),
        ("?status=queued", ["chunks:queued"]),
        ("?cause=event", ["chunks:queued", "chunks:failed"]),
        ("?block=5500", ["chunks:queued", "start:completed"]),
        ("?block=100-200", ["chunks:failed", "start:completed"]),
        ("?dag=ranges&version=1&cause=manual", ["start:completed", "start:completed"]),
        ("?dag=ranges&version=7", []),
        ("?since=2020-01-01&until=2020-12-31", []),
        ("?since=2020-01-01&status=queued", ["chunks:queued"]),
    ],
)
def test_each_filter_narrows_the_list(dag: Dag, reader: Persona, query: str, expected: list[str]) -> None:
    dead(dag)
    run_of(dag, blocks=(5000, 5999))

    assert listed(reader, query) == expected


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("?status=done", "bad_filter"), ("?cause=magic", "bad_filter"), ("?block=9-", "bad_filter"), ("?block=x", "bad_filter"),
        ("?version=1", "bad_filter"), ("?since=yesterday", "bad_filter"), ("?root=1", "bad_filter"), ("?cursor=1", "bad_cursor"),
        ("?dag=never", "unknown_dag"), ("?job=never", "unknown_job"), ("?block=9-3", "bad_range"), ("?limt=3", "unknown_parameter"),
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_is_refused(dag: Dag, reader: Persona, query: str, code: str) -> None:
    assert api(reader).get(f"/v1/tasks{query}").json()["code"] == code


def test_one_task_says_what_it_was_made_for_and_what_it_led_to(dag: Dag, reader: Persona) -> None:
    done = completed(dag)
    root = api(reader).get(f"/v1/tasks/{done.root_id}").json()
    task = api(reader).get(f"/v1/tasks/{done.pk}").json()

    assert root["led_to"] == [str(done.pk)] and root["inputs"] == []
    assert task["inputs"][0]["producer"] == {"task": str(done.root_id), "dag": "ranges", "job": "start"}
    assert [one["partition"] for one in task["outputs"]] == ["0-999", "1000-1999", "2000-2999"]
    assert [(one["number"], one["outcome"]) for one in task["attempts"]] == [(1, "completed")]


def test_a_queued_task_is_canceled_at_once_and_only_once(dag: Dag, writer: Persona) -> None:
    run_of(dag)
    path = f"/v1/tasks/{splitter(dag).pk}/cancel"

    first, second = post(writer, path), post(writer, path)

    assert (first.status_code, first.json()["status"]) == (202, "canceled")
    assert (second.status_code, second.json()["code"]) == (409, "task_is_over")
    assert Record.objects.filter(action="task.cancel", object_id=str(splitter(dag).pk)).count() == 1


def test_a_running_task_is_told_and_goes_on_until_it_hears(dag: Dag, writer: Persona) -> None:
    run_of(dag)
    claim_one(splitter(dag).pk)

    assert post(writer, f"/v1/tasks/{splitter(dag).pk}/cancel").json()["status"] == "running"
    assert splitter(dag).cancel_requested_at is not None


def test_a_dead_letter_is_queued_again(dag: Dag, writer: Persona) -> None:
    task = dead(dag)

    assert post(writer, f"/v1/tasks/{task.pk}/retry").status_code == 202
    assert (splitter(dag).status, splitter(dag).failures) == ("queued", 0)
    assert post(writer, f"/v1/tasks/{task.pk}/retry").json()["code"] == "not_retryable"


@pytest.mark.parametrize("alone", [True, False])
def test_a_task_is_done_anew(dag: Dag, writer: Persona, alone: bool) -> None:
    task = completed(dag)

    answer = post(writer, f"/v1/tasks/{task.pk}/rerun", {"alone": alone})

    (made,) = answer.json()["tasks"]
    again = Task.objects.get(pk=made["id"])
    assert (again.cause, again.is_alone, again.root_id, again.made_by_id) == ("rerun", alone, task.root_id, writer.person.pk)
    assert Record.objects.get(action="task.rerun").after == {"task": made["id"], "alone": alone}


def test_what_is_not_over_is_not_done_anew(dag: Dag, writer: Persona) -> None:
    run_of(dag)

    assert post(writer, f"/v1/tasks/{splitter(dag).pk}/rerun").json()["code"] == "not_rerunnable"


def test_a_task_of_a_job_that_is_gone_says_so(dag: Dag, writer: Persona) -> None:
    task = dead(dag)
    answer = api(writer).put("/v1/dags/ranges/active", {"version_id": None}, content_type="application/json")
    assert answer.status_code == 200
    publish()

    retried, rerun = (post(writer, f"/v1/tasks/{task.pk}/{verb}") for verb in ("retry", "rerun"))

    assert "no longer active" in retried.json()["message"]
    assert (rerun.status_code, "in no active version" in rerun.json()["message"]) == (409, True)


@pytest.mark.parametrize("verb", ["", "/logs"])
def test_a_task_of_another_org_is_one_that_does_not_exist(dag: Dag, stranger: Persona, verb: str) -> None:
    root = run_of(dag)
    answers = [api(stranger).get(f"/v1/tasks/{one}{verb}") for one in (root, uuid.uuid4())]

    assert answers[0].json() | {"request_id": ""} == {
        "code": "unknown_task", "message": "There is no such task, or you cannot see it.", "request_id": "",
    }  # fmt: skip
    assert {answer.status_code for answer in answers} == {404} and listed(stranger) == []


def test_tasks_of_a_private_dag_are_for_who_reaches_it(dag: Dag, reader: Persona, admin: Persona) -> None:
    root = run_of(dag)
    Dag.objects.filter(pk=dag.pk).update(visibility=Visibility.PRIVATE)

    assert listed(reader) == [] and api(reader).get("/v1/tasks?dag=ranges").status_code == 404
    assert api(reader).get(f"/v1/tasks/{root}").status_code == 403
    assert len(listed(admin)) == 2


def test_a_reader_looks_and_does_nothing(dag: Dag, reader: Persona) -> None:
    run_of(dag)
    task = splitter(dag).pk
    paths = [f"/v1/tasks/{task}/{verb}" for verb in ("cancel", "retry", "rerun")]
    paths += ["/v1/tasks/cancel", "/v1/tasks/retry", "/v1/dags/ranges/jobs/start/runs"]

    assert {post(reader, path).status_code for path in paths} == {403}
    assert splitter(dag).status == "queued"


def test_who_may_only_look_at_one_dag_acts_on_none_of_its_tasks(dag: Dag, admin: Persona, writer: Persona) -> None:
    run_of(dag)
    Dag.objects.filter(pk=dag.pk).update(visibility=Visibility.PRIVATE, owner=admin.person)

    assert post(writer, f"/v1/tasks/{splitter(dag).pk}/cancel").status_code == 403
    assert post(writer, "/v1/tasks/cancel", {"status": "queued"}).json() == {"count": 0, "next": None}


def test_everything_that_matches_is_canceled_and_written_down(dag: Dag, writer: Persona) -> None:
    for start in range(3):
        run_of(dag, blocks=(start * 1000, start * 1000 + 999))

    answer = post(writer, "/v1/tasks/cancel", {"dag": "ranges", "block": "0-1500"})

    assert answer.json() == {"count": 2, "next": None}
    assert [task.status for task in tasks_of(dag, "chunks")] == ["canceled", "canceled", "queued"]
    assert Record.objects.get(action="task.cancel_matching").after == {
        "filter": {"dag": "ranges", "blocks": "0-1500"}, "count": 2,
    }  # fmt: skip


def test_everything_that_failed_is_queued_again(dag: Dag, writer: Persona) -> None:
    dead(dag), dead(dag, blocks=(1000, 1999))

    assert post(writer, "/v1/tasks/retry", {"status": "dead"}).json()["count"] == 2
    assert {task.status for task in tasks_of(dag, "chunks")} == {"queued"}


def test_nothing_is_done_to_all_of_an_org_by_leaving_the_filter_out(dag: Dag, writer: Persona) -> None:
    run_of(dag)

    assert post(writer, "/v1/tasks/cancel").json()["code"] == "filter_needed"
    assert splitter(dag).status == "queued"


def test_a_job_that_is_paused_hands_out_nothing_until_it_goes_on(dag: Dag, writer: Persona) -> None:
    path = "/v1/dags/ranges/jobs/chunks/paused"
    assert api(writer).put(path, {"paused": True}, content_type="application/json").json()["paused"] is True
    run_of(dag)
    assert splitter(dag).handed_at is None

    api(writer).put(path, {"paused": False}, content_type="application/json")

    assert splitter(dag).handed_at is not None and job_of(dag, "chunks").paused_at is None
    assert list(Record.objects.filter(object_kind="job").order_by("id").values_list("action", flat=True)) == [
        "job.pause", "job.resume",
    ]  # fmt: skip


def test_a_token_to_read_changes_nothing(dag: Dag, writer: Persona) -> None:
    from apps.orgs.models import ApiToken

    run_of(dag)
    ApiToken.objects.filter(membership__person=writer.person).update(scope="read")
    client = Client(headers={"Authorization": writer.bearer})

    assert client.get("/v1/tasks").status_code == 200
    assert client.post(f"/v1/tasks/{splitter(dag).pk}/cancel").status_code == 403
