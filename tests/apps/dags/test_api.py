"""DAGs over HTTP."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from apps.dags.models import Dag
from apps.orgs.domain import Visibility
from tests.apps.dags.makers import activate, deploy, manual
from tests.factories import Persona

pytestmark = pytest.mark.django_db


def client(persona: Persona) -> Client:
    return Client(headers={"Authorization": persona.bearer})


def post(persona: Persona, path: str, body: dict[str, object]):  # type: ignore[no-untyped-def]
    return client(persona).post(path, body, content_type="application/json")


def put(persona: Persona, path: str, body: dict[str, object]):  # type: ignore[no-untyped-def]
    return client(persona).put(path, body, content_type="application/json")


def test_new_is_201_and_the_same_again_200(writer: Persona) -> None:
    answers = [post(writer, "/v1/dags/ranges/versions", {"yaml": manual()}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    first, second = (answer.json() for answer in answers)
    assert first == second
    assert (first["dag"], first["number"], first["state"]) == ("ranges", 1, "deployed") and len(first["yaml_hash"]) == 64


def test_problems_are_422_with_their_places(writer: Persona) -> None:
    answer = post(writer, "/v1/dags/ranges/versions", {"yaml": manual() + "publis: {}\n"})

    assert answer.status_code == 422
    body = answer.json()
    assert body["code"] == "invalid_dag" and body["request_id"]
    assert body["errors"] == [{
        "code": "unknown_key", "message": "There is no key `publis` here.", "path": "/publis", "line": 18, "column": 1,
        "hint": "Did you mean `publish`?",
    }]  # fmt: skip


def test_validation_keeps_nothing_and_plans(reader: Persona) -> None:
    answer = post(reader, "/v1/dags/validate", {"yaml": manual()}).json()

    assert (answer["valid"], answer["name"], answer["errors"]) == (True, "ranges", [])
    assert answer["plan"]["rebuild_scope"] == ["start", "chunks"] and answer["plan"]["not_built"] == []
    assert not Dag.objects.exists()


@pytest.mark.parametrize("yaml", ["", "a: [", "- 1", "\x00", "{" * 2000, "x" * (1024 * 1024 + 1)])
def test_garbage_is_an_answer_too(reader: Persona, yaml: str) -> None:
    answer = post(reader, "/v1/dags/validate", {"yaml": yaml})

    assert answer.status_code == 200
    assert answer.json()["valid"] is False and answer.json()["errors"]


@pytest.mark.parametrize("letter", ["é", "\u20ac", "\U0001f600", '"', "\r\n"])
def test_a_document_may_be_as_long_as_it_is_allowed_to_however_json_writes_it(reader: Persona, letter: str) -> None:
    head = "# "
    size = len(letter.replace("\r\n", "\n").encode())
    text = head + letter * ((1024 * 1024 - len(head)) // size)

    answer = post(reader, "/v1/dags/validate", {"yaml": text})

    assert answer.status_code == 200
    assert "document_too_large" not in {error["code"] for error in answer.json()["errors"]}


def test_a_body_that_no_document_needs_is_refused_by_the_size_of_a_document(reader: Persona) -> None:
    answer = post(reader, "/v1/dags/validate", {"yaml": "x" * (7 * 1024 * 1024)})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert "A DAG's document has at most 1,048,576 bytes." in answer.json()["message"]


def test_a_number_that_python_would_not_read_is_said_in_our_words(reader: Persona) -> None:
    answer = client(reader).post("/v1/dags/validate", f'{{"yaml": {"1" * 5000}}}', content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")
    assert "thousands of digits" in answer.json()["message"] and "limit" not in answer.json()["message"]


@pytest.mark.parametrize("path", ["validate", "ranges/versions"])
@pytest.mark.parametrize("body", [{}, {"yaml": None}, {"yaml": 5}, {"yaml": True}, {"yaml": ["a"]}])
def test_a_body_without_a_text_is_400_and_names_the_field(writer: Persona, path: str, body: dict[str, object]) -> None:
    answer = post(writer, f"/v1/dags/{path}", body)

    assert (answer.status_code, [error["path"] for error in answer.json()["errors"]]) == (400, ["yaml"])


def test_a_reader_deploys_nothing(reader: Persona) -> None:
    answer = post(reader, "/v1/dags/ranges/versions", {"yaml": manual()})

    assert answer.status_code == 403 and "writer" in answer.json()["message"]


def test_a_stale_base_is_409(writer: Persona) -> None:
    first = post(writer, "/v1/dags/ranges/versions", {"yaml": manual()}).json()
    post(writer, "/v1/dags/ranges/versions", {"yaml": manual(chunk=2)})
    answer = post(writer, "/v1/dags/ranges/versions", {"yaml": manual(chunk=3), "base": first["id"]})

    assert (answer.status_code, answer.json()["code"], answer.json()["detail"]["number"]) == (409, "stale_base", 2)


def test_a_base_that_is_no_version_of_the_dag_is_said_to_be_none(writer: Persona) -> None:
    others = post(writer, "/v1/dags/other/versions", {"yaml": manual("other")}).json()["id"]

    for base in (others, str(uuid.uuid4())):
        for _ in ("a new DAG", "one that is there"):
            answer = post(writer, "/v1/dags/ranges/versions", {"yaml": manual(), "base": base})
            assert (answer.status_code, answer.json()["code"]) == (422, "unknown_base")
            post(writer, "/v1/dags/ranges/versions", {"yaml": manual(chunk=2)})
        Dag.objects.filter(name="ranges").delete()


def test_activate_roll_back_and_switch_off(writer: Persona) -> None:
    ids = [post(writer, "/v1/dags/ranges/versions", {"yaml": manual(chunk=chunk)}).json()["id"] for chunk in (1, 2)]

    answers = [put(writer, "/v1/dags/ranges/active", {"version_id": one}) for one in (*ids, ids[0], None)]
    assert [answer.status_code for answer in answers] == [200] * 4
    assert [(answer.json()["active"] or {}).get("number") for answer in answers] == [1, 2, 1, None]


def test_a_version_of_another_dag_is_none_of_this_ones(writer: Persona) -> None:
    other = deploy(writer, manual("other"), name="other")
    deploy(writer, manual())

    for wanted in (str(other.pk), str(uuid.uuid4())):
        answer = put(writer, "/v1/dags/ranges/active", {"version_id": wanted})
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_version")


@pytest.mark.parametrize("body", [{}, {"version_id": "x"}, {"version_id": None, "cutover": "later"}])
def test_what_is_no_activation_is_400(writer: Persona, body: dict[str, object]) -> None:
    deploy(writer, manual())

    assert put(writer, "/v1/dags/ranges/active", body).status_code == 400


def test_a_diff_is_text_and_jobs(writer: Persona) -> None:
    first, second = deploy(writer, manual()), deploy(writer, manual(chunk=2))
    path = f"/v1/dags/ranges/versions/{second.pk}/diff"

    told = client(writer).get(path, {"against": str(first.pk)}).json()
    assert "-    config: { chunk_size: 1000 }" in told["text"]
    changed = {job["name"]: (job["change"], job["fields"]) for job in told["jobs"]}
    assert changed["start"] == ("same", [])
    assert changed["chunks"] == ("changed", [{"path": "config.chunk_size", "before": 1000, "after": 2}])
    # Without `against`: the active version, and there is none yet.
    assert client(writer).get(path).json()["rebuild_scope"] == ["start", "chunks"]


def test_lists_come_by_the_page_and_by_part_of_a_name(writer: Persona) -> None:
    for name in ("alpha", "beta", "betamax"):
        deploy(writer, manual(name), name=name)

    first = client(writer).get("/v1/dags", {"limit": 2}).json()
    second = client(writer).get("/v1/dags", {"limit": 2, "cursor": first["next"]}).json()
    assert sorted(dag["name"] for dag in first["results"] + second["results"]) == ["alpha", "beta", "betamax"]
    assert {dag["name"] for dag in client(writer).get("/v1/dags", {"search": "bet"}).json()["results"]} == {"beta", "betamax"}


def test_versions_are_listed_the_newest_first_and_read_whole(writer: Persona) -> None:
    for chunk in (1, 2):
        activate(writer, deploy(writer, manual(chunk=chunk)))

    listed = client(writer).get("/v1/dags/ranges/versions").json()["results"]
    assert [(one["number"], one["state"]) for one in listed] == [(2, "active"), (1, "deployed")]
    whole = client(writer).get(f"/v1/dags/ranges/versions/{listed[0]['id']}").json()
    assert whole["yaml"] == manual(chunk=2) and [job["name"] for job in whole["jobs"]] == ["start", "chunks"]


def test_another_orgs_dag_is_unknown(writer: Persona, stranger: Persona) -> None:
    version = deploy(writer, manual())

    for path in ("/v1/dags/ranges", "/v1/dags/ranges/versions", f"/v1/dags/ranges/versions/{version.pk}"):
        answer = client(stranger).get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_dag")
    assert client(stranger).get("/v1/dags").json()["results"] == []


def test_a_private_dag_is_its_owners_and_admins(writer: Persona, reader: Persona, admin: Persona) -> None:
    deploy(writer, manual())
    Dag.objects.update(visibility=Visibility.PRIVATE)

    names = {who: [dag["name"] for dag in client(who).get("/v1/dags").json()["results"]] for who in (writer, reader, admin)}
    assert names == {writer: ["ranges"], reader: [], admin: ["ranges"]}
    assert client(reader).get("/v1/dags/ranges").status_code == 403


def test_the_schema_describes_what_the_validator_takes(reader: Persona) -> None:
    schema = client(reader).get("/v1/dags/schema").json()

    assert (
        schema["$schema"].endswith("2020-12/schema")
        and "trigger_manual" in schema["$defs"]["Job"]["properties"]["operator"]["enum"]
    )


@pytest.mark.parametrize("text", ['description: "a\\0b"\n', 'publish: { x: { description: "\\x00", from: { job: chunks } } }\n'])
def test_a_nul_by_an_escape_is_a_problem_and_no_fault_of_ours(writer: Persona, text: str) -> None:
    answer = post(writer, "/v1/dags/ranges/versions", {"yaml": manual() + text})

    assert answer.status_code == 422
    assert "bad_text" in {error["code"] for error in answer.json()["errors"]}
