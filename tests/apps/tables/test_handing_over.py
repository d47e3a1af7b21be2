"""A lease holder hands a batch over: once, of its own, of an output that is buffered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from apps.dispatch import services as dispatch
from apps.dispatch.models import Task
from apps.outbox.models import Message
from apps.platform import wiring
from apps.platform.contracts import CAPABILITY_HEADER, Claimed
from apps.platform.contracts.buffers import PUBLISH_PATH
from apps.platform.errors import UserError
from apps.platform.tables import queue_name
from apps.tables.models import Batch
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim_one, failed, finish, publish, say, start, tasks_of
from tests.apps.tables.makers import armed, dataset_of, feed, hand_over, place, running, saying
from tests.factories import Persona
from tests.fixtures.data import DataPlane

pytestmark = [pytest.mark.django_db, pytest.mark.urls("traceweb.urls.internal")]

_SOON = timedelta(seconds=30)


@pytest.fixture
def held(writer: Persona, data_plane: DataPlane) -> Claimed:
    return running(armed(writer, feed()))


def post(client: Client, held: Claimed, token: str | None = None, **said: Any) -> Any:
    body = saying(held, **said).model_dump_json()
    headers = {CAPABILITY_HEADER: held.capability_token if token is None else token}
    return client.post(PUBLISH_PATH, body, content_type="application/json", headers=headers)


def _next_attempt(held: Claimed) -> Claimed:
    say(held, failed(held))
    Task.objects.filter(pk=held.task_id).update(next_retry_at=timezone.now())
    dispatch.retry_due()
    publish()
    return claim_one(held.task_id)


def test_a_batch_is_recorded_and_its_sink_is_told(client: Client, held: Claimed, writer: Persona) -> None:
    answer = post(client, held)
    publish()

    batch = Batch.objects.get()
    assert answer.status_code == 200 and answer.json() == {"batch_id": str(batch.pk), "duplicate": False}
    assert (batch.org_id, batch.task_id, batch.attempt) == (writer.org.pk, held.task_id, 1)
    assert batch.dataset == dataset_of(writer)
    (message,) = wiring.queue(settings.CONFIG).receive(queue_name(batch.dataset_id), limit=10, visibility=_SOON)
    assert message.payload == {"batch_id": str(batch.pk)}


def test_a_call_that_comes_again_is_answered_as_the_first(client: Client, held: Claimed) -> None:
    first = post(client, held).json()

    again = post(client, held).json()

    assert again == first | {"duplicate": True}
    assert Message.objects.filter(kind="publish_buffer").count() == 1


def test_the_next_attempt_hands_the_same_scope_over_in_vain(held: Claimed) -> None:
    first = hand_over(held, dedupe_scope="part-0")
    again = _next_attempt(held)

    assert hand_over(again, dedupe_scope="part-0").batch_id == first.batch_id
    assert not hand_over(again, dedupe_scope="part-1", batch_uri=place(again, "other.jsonl")).duplicate
    assert Batch.objects.count() == 2


def test_17_mib_are_refused_with_words(client: Client, held: Claimed) -> None:
    answer = post(client, held, batch_size_bytes=17 * 1024 * 1024)

    assert (answer.status_code, answer.json()["code"]) == (422, "batch_too_large")
    assert "16,777,216" in answer.json()["message"] and "in several" in answer.json()["message"]


@pytest.mark.parametrize("uri", [
    "s3://trace-data/{prefix}rows.jsonl", "s3://trace-scratch/elsewhere/rows.jsonl", "https://example.com/{prefix}rows.jsonl",
])  # fmt: skip
def test_what_lies_elsewhere_is_not_the_attempts_to_hand_over(client: Client, held: Claimed, uri: str) -> None:
    prefix = place(held, "").removeprefix("s3://trace-scratch/")

    answer = post(client, held, batch_uri=uri.format(prefix=prefix))

    assert (answer.status_code, answer.json()["code"]) in {(403, "foreign_batch"), (422, "bad_uri")}
    assert not Batch.objects.exists()


def test_a_path_that_climbs_is_refused(client: Client, held: Claimed) -> None:
    answer = post(client, held, batch_uri=place(held, "../2/rows.jsonl"))

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_uri")


def test_an_output_that_is_not_buffered_is_refused(client: Client, writer: Persona, data_plane: DataPlane) -> None:
    dag = arm(writer, manual())
    start(dag, block_range=(0, 9))
    held = claim_one(tasks_of(dag, "chunks")[0].pk)

    answer = post(client, held)

    assert (answer.status_code, answer.json()["code"]) == (422, "not_buffered")


def test_only_the_holder_hands_over(client: Client, held: Claimed) -> None:
    assert post(client, held, token="").status_code == 401
    finish(held)
    assert (post(client, held).status_code, post(client, held).json()["code"]) == (409, "stale_fence")


def test_an_unknown_kind_of_content_is_refused(held: Claimed) -> None:
    with pytest.raises(UserError, match="x-ndjson") as refused:
        hand_over(held, content_type="text/csv")

    assert refused.value.code == "unknown_content_type"
