"""`POST /v1/task/credentials`: keys for what the attempt is, whatever it says it were."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from apps.dags.models import Job
from apps.dispatch import services
from apps.dispatch.inline import InlineTask
from apps.dispatch.models import Task
from apps.platform import wiring
from apps.platform.contracts import Claimed
from apps.platform.contracts.storing import CREDENTIALS_PATH, CredentialsAnswer
from apps.platform.layout import AttemptPlace, scratch_prefix
from operators.sdk.errors import ConfigurationError
from tests.apps.dags.makers import deploy, manual
from tests.apps.dispatch.makers import arm, claim_one, event, failed, fence, finish, publish, say, start, tasks_of
from tests.apps.dispatch.test_internal_plane import post
from tests.factories import Persona

pytestmark = [pytest.mark.django_db, pytest.mark.urls("traceweb.urls.internal"), pytest.mark.usefixtures("mints")]
BLOCKS = """  - name: blocks
    activation: reactive
    runtime: ecs_platform
    operator: demo_blocks
    outputs: 1
    inputs: [{ from: { job: chunks } }]
    execution_strategy: PerPartition
    update_strategy: replace
    config: { seed: 1 }
publish:
  demo: { from: { job: blocks } }
"""
FEED = """name: feed
jobs:
  - name: fetch
    activation: source
    runtime: ecs_platform
    operator: http_ingest
    outputs: 1
    source: { kind: cron, schedule: "0 * * * *" }
    config: { url: "https://prices.example/latest.json", columns: [{ name: symbol, type: text }] }
publish:
  feed: { from: { job: fetch, output: 0 }SAID }
"""
RANGE = {"output": 0, "start": "0", "end": "999"}


@pytest.fixture
def split(writer: Persona) -> Claimed:
    """A task whose output is events alone."""
    dag = arm(writer, manual())
    start(dag, block_range=(0, 999))
    return claim_one(tasks_of(dag, "chunks")[0].pk)


@pytest.fixture
def held(writer: Persona) -> Claimed:
    dag = arm(writer, manual("held", extra=BLOCKS), name="held")
    start(dag, block_range=(0, 999))
    first = claim_one(tasks_of(dag, "chunks")[0].pk)
    finish(first, event(first, start=0, end=999))
    publish()
    return claim_one(tasks_of(dag, "blocks")[0].pk)


def ask(client: Client, held: Claimed, **said: Any) -> Any:
    who = {name: value if name == "attempt" else str(value) for name, value in fence(held).items()}
    return post(client, CREDENTIALS_PATH, who | said, token=held.capability_token)


def place(held: Claimed, key: str = "0-999") -> AttemptPlace:
    slot = held.task.outputs[0]
    return AttemptPlace(held.task.org_id, slot.dataset_uuid, slot.dataset_version, key, held.task_id, held.attempt)


def store_of(answer: CredentialsAnswer) -> Any:
    return boto3.client(
        "s3", endpoint_url=answer.endpoint, region_name=answer.region, aws_access_key_id=answer.access_key_id,
        aws_secret_access_key=answer.secret_access_key, aws_session_token=answer.session_token,
    )  # fmt: skip


def test_an_order_says_what_its_outputs_are_and_where_they_go(held: Claimed, split: Claimed) -> None:
    assert [(slot.name, slot.storage) for slot in held.task.outputs] == [("blocks", "s3")]
    assert [(slot.name, slot.storage) for slot in split.task.outputs] == [("ranges", None)]


@pytest.mark.parametrize(("said", "storage"), [("", "s3"), (", storage: postgres", "postgres")])
def test_what_the_dag_publishes_stands_above_what_the_operator_declares(writer: Persona, said: str, storage: str) -> None:
    version = deploy(writer, FEED.replace("SAID", said), name="feed")

    assert services.facts(Job.objects.get(version=version).pk)["slots"] == (
        ("records", storage, "direct" if storage == "postgres" else None),
    )


def test_prefixes_are_composed_of_what_the_attempt_is(client: Client, held: Claimed) -> None:
    answer = ask(client, held, partitions=[RANGE, {"output": 0, "partition_key": "täg/1"}], scratch=True)

    given = CredentialsAnswer.model_validate(answer.json())
    assert given.prefixes == [f"s3://trace-data/{place(held, key).prefix}" for key in ("0-999", "täg/1")]
    assert given.scratch == f"s3://trace-scratch/{scratch_prefix(held.task.org_id, held.task_id, held.attempt)}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert given.expires_at > timezone.now()


def test_the_keys_open_that_place_and_not_the_next_attempts(client: Client, held: Claimed) -> None:
    store = store_of(CredentialsAnswer.model_validate(ask(client, held, partitions=[RANGE]).json()))
    mine, theirs = place(held), dataclasses.replace(place(held), attempt=held.attempt + 1)
    store.put_object(Bucket="trace-data", Key=f"{mine.prefix}a", Body=b"x")

    with pytest.raises(ClientError, match="AccessDenied"):
        store.put_object(Bucket="trace-data", Key=f"{theirs.prefix}a", Body=b"x")
    found = wiring.object_store(settings.CONFIG, bucket="trace-data")
    assert [one.key for one in found.list(mine.prefix)] == [f"{mine.prefix}a"]


def test_an_attempt_that_was_overtaken_gets_no_keys(client: Client, held: Claimed) -> None:
    say(held, failed(held))

    answer = ask(client, held, partitions=[RANGE])

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_fence")


def test_a_canceled_task_gets_no_keys(client: Client, held: Claimed, writer: Persona) -> None:
    Task.objects.filter(pk=held.task_id).update(cancel_requested_at=timezone.now())

    answer = ask(client, held, partitions=[RANGE])

    assert (answer.status_code, answer.json()["code"]) == (409, "canceled")


def test_an_output_that_is_no_output_is_refused(client: Client, held: Claimed) -> None:
    answer = ask(client, held, partitions=[RANGE | {"output": 1}])

    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_output")


def test_an_output_of_events_alone_has_no_place(client: Client, split: Claimed) -> None:
    answer = ask(client, split, partitions=[RANGE])

    assert (answer.status_code, answer.json()["code"]) == (422, "not_stored_here")
    assert ask(client, split, scratch=True).status_code == 200


def test_more_places_than_a_policy_holds_are_refused_in_words(client: Client, held: Claimed) -> None:
    keys = [{"output": 0, "partition_key": f"{n}" * 100} for n in range(1, 5)]

    answer = ask(client, held, partitions=keys, scratch=True)

    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_at_once")
    assert "ask for fewer" in answer.json()["message"]


def test_keys_live_no_longer_than_the_token_as_far_as_the_store_can(client: Client, held: Claimed) -> None:
    def lives(answer: Any) -> float:
        expires_at: datetime = CredentialsAnswer.model_validate(answer.json()).expires_at
        return (expires_at - timezone.now()).total_seconds()

    # The job may take 600 s, and its token five minutes more.
    assert 800 < lives(ask(client, held, partitions=[RANGE])) < 960


@pytest.mark.parametrize(("setting", "value", "status"), [("s3_endpoint", "http://127.0.0.1:9", 503), ("s3_role_arn", "", 501)])
def test_where_nobody_mints_the_answer_says_whether_to_wait(
    client: Client, held: Claimed, setting: str, value: str, status: int
) -> None:
    changes: Any = {setting: value}
    with override_settings(CONFIG=dataclasses.replace(settings.CONFIG, **changes)):
        assert ask(client, held, partitions=[RANGE]).status_code == status


def test_in_the_dispatcher_nothing_is_written(held: Claimed) -> None:
    with pytest.raises(ConfigurationError, match="ecs_platform"):
        _ = InlineTask(held.task, held.attempt).store


def test_an_attempt_does_not_speak_for_another_task(client: Client, held: Claimed, split: Claimed) -> None:
    other = fence(split) | {"task_id": str(split.task_id), "lease_token": str(split.lease_token)}

    assert post(client, CREDENTIALS_PATH, other | {"scratch": True}, token=held.capability_token).status_code == 403
    unknown = other | {"task_id": str(uuid4())}
    assert post(client, CREDENTIALS_PATH, unknown | {"scratch": True}, token=held.capability_token).status_code == 403
