"""Calls of the internal plane: read by contract, refused by field, by token and by fence; each item of a batch by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from django.utils import timezone

from apps.dispatch import capabilities, signing
from apps.dispatch.domain import Status
from apps.dispatch.models import Event, Task
from apps.platform import contracts
from apps.platform.contracts import CAPABILITY_HEADER, WORKER_TOKEN_HEADER, Claimed, reading, storing
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim_one, completed, event, failed, fence, start, tasks_of
from tests.factories import Persona, make_org, make_persona

pytestmark = [pytest.mark.django_db, pytest.mark.urls("traceweb.urls.internal")]
TOKEN = "trace_wkr_current-token-of-tests"
WORKERS = (contracts.CLAIM_PATH, contracts.CLAIMS_PATH)
HOLDERS = (
    contracts.HEARTBEAT_PATH,
    contracts.EVENTS_PATH,
    contracts.COMPLETE_PATH,
    contracts.LOGS_PATH,
    storing.CREDENTIALS_PATH,
    reading.INPUTS_PATH,
)
BATCHES = (contracts.HEARTBEATS_PATH, contracts.EVENT_BATCHES_PATH, contracts.COMPLETIONS_PATH)


@pytest.fixture
def task(writer: Persona) -> Task:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 999))
    (found,) = tasks_of(dag, "chunks")
    return found


@pytest.fixture
def held(task: Task) -> Claimed:
    return claim_one(task.pk)


def post(client: Client, path: str, body: Any, *, token: str = "", worker: str = TOKEN) -> Any:
    raw = body if isinstance(body, (str, bytes)) else json.dumps(body)
    headers = {CAPABILITY_HEADER: token, WORKER_TOKEN_HEADER: worker}
    return client.post(path, raw, content_type="application/json", headers=headers)


def said(held: Claimed, path: str) -> dict[str, Any]:
    """A good body of each call."""
    lines = [{"at": timezone.now().isoformat(), "text": "hello"}]
    more: dict[str, dict[str, Any]] = {
        contracts.EVENTS_PATH: {"events": []}, contracts.COMPLETE_PATH: {"status": "Completed"},
        contracts.LOGS_PATH: {"first_line": 0, "lines": lines}, storing.CREDENTIALS_PATH: {"scratch": True},
        reading.INPUTS_PATH: {"input": 0},
    }  # fmt: skip
    return {key: str(value) if key != "attempt" else value for key, value in fence(held).items()} | more.get(path, {})


def test_a_worker_claims_over_http_and_is_told_everything(client: Client, task: Task) -> None:
    answer = post(client, contracts.CLAIM_PATH, {"task_id": str(task.pk), "worker_id": "w-1"})

    claimed = Claimed.model_validate_json(answer.content)
    assert claimed.task.job == "chunks" and claimed.attempt == 1
    assert post(client, contracts.CLAIM_PATH, {"task_id": str(task.pk), "worker_id": "w-2"}).json() == {
        "status": "NotClaimed", "task_id": str(task.pk), "reason": "AlreadyRunning",
    }  # fmt: skip


def test_a_batch_of_claims_is_answered_in_its_order(client: Client, task: Task) -> None:
    unknown = str(uuid4())

    answer = post(client, contracts.CLAIMS_PATH, {"task_ids": [unknown, str(task.pk), unknown], "worker_id": "w-1"}).json()

    assert [(one["task_id"], one["status"]) for one in answer["results"]] == [
        (unknown, "NotClaimed"), (str(task.pk), "Claimed"), (unknown, "NotClaimed"),
    ]  # fmt: skip
    assert answer["results"][0]["reason"] == "NotFound"


@pytest.mark.parametrize("path", WORKERS)
@pytest.mark.parametrize("token", ["", "nonsense", "trace_wkr_current-token-of-tests "])
def test_a_stranger_claims_nothing(client: Client, task: Task, path: str, token: str) -> None:
    body = {"task_id": str(task.pk), "task_ids": [str(task.pk)], "worker_id": "w"}

    assert post(client, path, body, worker=token.strip() + "x").status_code == 401
    assert Task.objects.get(pk=task.pk).status == Status.QUEUED


def test_both_worker_tokens_of_a_rotation_hold(client: Client, task: Task) -> None:
    previous = "trace_wkr_previous-token-of-tests"

    assert (
        post(client, contracts.CLAIM_PATH, {"task_id": str(task.pk), "worker_id": "w"}, worker=previous).json()["status"]
        == "Claimed"
    )


@pytest.mark.usefixtures("mints")
@pytest.mark.parametrize("path", HOLDERS)
def test_a_holder_needs_its_own_token(client: Client, held: Claimed, path: str, org: Any) -> None:
    good = said(held, path)
    other = capabilities.issue(capabilities.of_attempt(held.task.org_id, uuid4(), 1, []), timeout_seconds=60, now=timezone.now())

    assert post(client, path, good).json()["code"] == "capability_missing"
    assert post(client, path, good, token="rubbish").status_code == 401
    assert post(client, path, good, token=held.capability_token[:-4] + "AAAA").status_code == 401
    assert (post(client, path, good, token=other).status_code, post(client, path, good, token=other).json()["code"]) == (
        403,
        "wrong_scope",
    )
    assert post(client, path, good, token=held.capability_token).status_code == 200


@pytest.mark.parametrize("path", HOLDERS)
def test_a_stale_fence_changes_nothing(client: Client, held: Claimed, path: str) -> None:
    before = Task.objects.values().get(pk=held.task_id)
    stale = said(held, path) | {"lease_token": str(uuid4())}

    answer = post(client, path, stale, token=held.capability_token)

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_fence")
    assert Task.objects.values().get(pk=held.task_id) == before


def forge(held: Claimed, **changes: Any) -> str:
    claims = jwt.decode(held.capability_token, options={"verify_signature": False}) | changes
    return signing.signer().sign({name: value for name, value in claims.items() if value is not None})


@pytest.mark.parametrize("changes", [
    {"aud": "trace.query"}, {"iss": "somebody"}, {"exp": 1}, {"exp": "soon"}, {"iat": 99_999_999_999}, {"task_id": None}, {"attempt": None},
    {"attempt": True}, {"datasets": None}, {"datasets": "all"}, {"s3": None}, {"s3": {"read_prefixes": ["*"]}}, {"org_id": "x"},
    {"sub": "task:0"}, {"sub": ""},
], ids=str)  # fmt: skip
def test_claims_that_are_missing_or_malformed_are_a_refusal(client: Client, held: Claimed, changes: dict[str, Any]) -> None:
    path = contracts.HEARTBEAT_PATH

    assert post(client, path, said(held, path), token=forge(held, **changes)).status_code == 401


def test_a_token_signed_with_another_key_is_refused(client: Client, held: Claimed) -> None:
    claims = jwt.decode(held.capability_token, options={"verify_signature": False})
    kid = {"kid": jwt.get_unverified_header(held.capability_token)["kid"]}
    forged = (
        jwt.encode(claims, "", algorithm="none", headers=kid),
        jwt.encode(claims, "secret" * 8, algorithm="HS256", headers=kid),
        jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers=kid),
        jwt.encode(claims, ec.generate_private_key(ec.SECP256R1()), algorithm="ES256", headers={"kid": "other"}),
    )
    for token in forged:
        assert post(client, contracts.HEARTBEAT_PATH, said(held, contracts.HEARTBEAT_PATH), token=token).status_code == 401


MALFORMED = ["", "{", "[]", "null", '"x"', "\xff\xfe", '{"task_id": 1}', '{"surplus": 1}', "[" * 100_000, '{"a":' * 10_000]


@pytest.mark.parametrize("path", [*WORKERS, *HOLDERS, *BATCHES])
def test_what_cannot_be_read_is_a_400_that_names_the_place(client: Client, held: Claimed, path: str) -> None:
    for body in MALFORMED:
        answer = post(client, path, body, token=held.capability_token)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_request"), body[:40]
        assert answer.json()["errors"]


DATASET = {"dataset_uuid": str(uuid4()), "dataset_version": str(uuid4())}
WRONG: list[tuple[str, Callable[[dict[str, Any]], dict[str, Any]], str]] = [
    (contracts.COMPLETE_PATH, lambda good: good | {"status": "Done"}, "status"),
    (contracts.COMPLETE_PATH, lambda good: good | {"status": "Failed"}, ""),
    (contracts.COMPLETE_PATH, lambda good: good | {"attempt": 0}, "attempt"),
    (contracts.COMPLETE_PATH, lambda good: good | {"metrics": {"x": "many"}}, "metrics.x"),
    (contracts.EVENTS_PATH, lambda good: good | {"events": [{"cursor": "5"}]}, "events.0.dataset_uuid"),
    (contracts.EVENTS_PATH, lambda good: good | {"events": 5}, "events"),
    (contracts.EVENTS_PATH, lambda good: good | {"events": [DATASET | {"scope": "row_range", "reason": "reorg"}]}, "events.0"),
    (contracts.EVENTS_PATH, lambda good: good | {"events": [DATASET | {"reason": "whim"}]}, "events.0.reason"),
    (
        contracts.COMPLETE_PATH,
        lambda good: good | {"events": [DATASET | {"scope": "row_range", "reason": "reorg", "row_filter": {"block_number": {"gte": "5"}}}]},
        "events.0.row_filter.block_number.lte",
    ),
    (contracts.LOGS_PATH, lambda good: good | {"lines": []}, "lines"),
    (contracts.LOGS_PATH, lambda good: good | {"first_line": -1}, "first_line"),
    (contracts.HEARTBEAT_PATH, lambda good: good | {"progress": {"done": -1}}, "progress.done"),
    (storing.CREDENTIALS_PATH, lambda good: good | {"partitions": [{"output": 0}]}, "partitions.0"),
    (storing.CREDENTIALS_PATH, lambda good: good | {"partitions": [{"output": -1, "partition_key": "a"}]}, "partitions.0.output"),
    (storing.CREDENTIALS_PATH, lambda good: good | {"partitions": [{"output": 0, "partition_key": "a\n"}]}, "partitions.0.partition_key"),
    (storing.CREDENTIALS_PATH, lambda good: good | {"prefixes": ["s3://trace-data/"]}, "prefixes"),
    (storing.CREDENTIALS_PATH, lambda good: good | {"scratch": False}, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "change", "place"), WRONG, ids=[f"{path}-{place}-{n}" for n, (path, _, place) in enumerate(WRONG)]
)
def test_a_wrong_field_is_named(client: Client, held: Claimed, path: str, change: Any, place: str) -> None:
    answer = post(client, path, change(said(held, path)), token=held.capability_token)

    assert answer.status_code == 400
    assert any(error["path"].startswith(place) for error in answer.json()["errors"])
    assert Task.objects.get(pk=held.task_id).status == Status.RUNNING


def test_a_body_that_is_too_large_is_refused(client: Client, held: Claimed) -> None:
    body = said(held, contracts.COMPLETE_PATH) | {"outputs": [{"x": "y" * contracts.MOST_BODY_BYTES}]}

    answer = post(client, contracts.COMPLETE_PATH, body, token=held.capability_token)

    assert answer.status_code in {400, 413} and answer.json()["code"] == "too_large"


def test_a_worker_that_lies_about_its_outputs_writes_nothing(client: Client, writer: Persona, held: Claimed) -> None:
    dag = arm(writer, manual("others"), name="others")
    start(dag, block_range=(0, 9))
    theirs = claim_one(tasks_of(dag, "chunks")[0].pk)
    slot = theirs.task.outputs[0]
    lie = {"dataset_uuid": str(slot.dataset_uuid), "dataset_version": str(slot.dataset_version), "cursor": "5"}
    before = Event.objects.count()
    for path in (contracts.COMPLETE_PATH, contracts.EVENTS_PATH):
        answer = post(client, path, said(held, path) | {"events": [lie]}, token=held.capability_token)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_output")

    assert Event.objects.count() == before and Task.objects.get(pk=held.task_id).status == Status.RUNNING


def test_a_batch_refuses_item_by_item(client: Client, writer: Persona) -> None:
    dag = arm(writer, manual())
    for number in range(3):
        start(dag, block_range=(number * 10, number * 10 + 9))
    one, two, three = (claim_one(task.pk) for task in tasks_of(dag, "chunks"))
    items = [
        {"capability_token": one.capability_token, "body": completed(one, event(one, start=0, end=9)).model_dump(mode="json")},
        {"capability_token": one.capability_token, "body": completed(two).model_dump(mode="json")},
        {"capability_token": three.capability_token, "body": failed(three).model_dump(mode="json")},
        {"capability_token": one.capability_token, "body": completed(one, event(one, start=0, end=9)).model_dump(mode="json")},
    ]

    results = post(client, contracts.COMPLETIONS_PATH, {"items": items}).json()["results"]

    assert [one["status"] for one in results] == [200, 403, 200, 200]
    assert results[3]["answer"]["replayed"] is True
    assert [task.status for task in tasks_of(dag, "chunks")] == [Status.COMPLETED, Status.RUNNING, Status.FAILED]
    assert Event.objects.filter(task_id=one.task_id).count() == 1


def test_the_same_completion_twice_is_answered_the_same(client: Client, held: Claimed) -> None:
    body = said(held, contracts.COMPLETE_PATH)
    first = post(client, contracts.COMPLETE_PATH, body, token=held.capability_token).json()
    again = post(client, contracts.COMPLETE_PATH, body, token=held.capability_token).json()
    another = post(client, contracts.COMPLETE_PATH, body | {"metrics": {"x": 1}}, token=held.capability_token)

    assert again == first | {"replayed": True}
    assert (another.status_code, another.json()["code"]) == (409, "stale_fence")


def test_events_of_another_org_stay_apart(client: Client, held: Claimed) -> None:
    stranger = make_persona("writer", org=make_org())
    dag = arm(stranger, manual("elsewhere"), name="elsewhere")
    start(dag, block_range=(0, 9))
    (task,) = tasks_of(dag, "chunks")
    body = said(held, contracts.COMPLETE_PATH) | {"task_id": str(task.pk)}

    assert post(client, contracts.COMPLETE_PATH, body, token=held.capability_token).status_code == 403
    assert Task.objects.get(pk=task.pk).status == Status.QUEUED


def test_a_fetch_looks_and_changes_nothing(client: Client, held: Claimed) -> None:
    def fetch(task_id: object) -> Any:
        return client.get(f"{contracts.FETCH_PATH}?task_id={task_id}", headers={WORKER_TOKEN_HEADER: TOKEN})

    assert fetch(held.task_id).json() == {"task_id": str(held.task_id), "status": "running", "attempt": 1, "canceled": False}
    assert fetch(uuid4()).status_code == 404 and fetch("x").json()["code"] == "bad_id"


def test_a_token_is_dead_after_its_time(client: Client, held: Claimed) -> None:
    past = timezone.now() - timedelta(days=2)
    capability = capabilities.of_attempt(held.task.org_id, held.task_id, held.attempt, held.task.outputs)
    old = capabilities.issue(capability, timeout_seconds=60, now=past)

    assert post(client, contracts.HEARTBEAT_PATH, said(held, contracts.HEARTBEAT_PATH), token=old).status_code == 401
