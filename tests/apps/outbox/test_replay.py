"""A message that failed for good gets all its attempts again, by a hand."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from apps.audit.domain import Actor
from apps.outbox import services
from apps.outbox.domain import State
from apps.outbox.models import Message
from apps.platform.config import Config
from apps.platform.errors import Conflict
from tests.apps.outbox.conftest import Recorder
from tests.factories import Persona

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def failed(recorder: Recorder) -> Message:
    recorder.put("lost")
    Message.objects.update(state=State.FAILED, attempts=20, error="gone")
    return Message.objects.get()


def test_a_replayed_message_is_published(failed: Message, recorder: Recorder, config: Config) -> None:
    services.replay(failed.pk, by=Actor.system("tests"))
    services.publish_batch(config)

    assert recorder.payloads == ["lost"]


def test_replaying_twice_is_a_conflict(failed: Message) -> None:
    services.replay(failed.pk, by=Actor.system("tests"))

    with pytest.raises(Conflict):
        services.replay(failed.pk, by=Actor.system("tests"))


def test_staff_sees_and_replays_through_the_api(failed: Message, staff: Persona, client: Client) -> None:
    listed = client.get("/v1/platform/outbox", headers={"Authorization": staff.bearer}).json()
    answer = client.post(f"/v1/platform/outbox/{failed.pk}/replay", headers={"Authorization": staff.bearer})

    assert [row["error"] for row in listed["results"]] == ["gone"]
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")


@pytest.mark.parametrize("who", ["admin", "writer", "reader", "stranger"])
def test_nobody_else_does(failed: Message, who: str, client: Client, request: pytest.FixtureRequest) -> None:
    headers = {"Authorization": request.getfixturevalue(who).bearer}

    assert client.get("/v1/platform/outbox", headers=headers).status_code == 403
    assert client.post(f"/v1/platform/outbox/{failed.pk}/replay", headers=headers).status_code == 403
    assert Message.objects.get().state == State.FAILED


def test_an_unknown_message_answers_404(staff: Persona, client: Client) -> None:
    answer = client.post(f"/v1/platform/outbox/{uuid.uuid4()}/replay", headers={"Authorization": staff.bearer})

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_message")


def test_the_list_pages_by_cursor(recorder: Recorder, staff: Persona, client: Client) -> None:
    recorder.put(*range(60))
    Message.objects.update(state=State.FAILED)
    headers = {"Authorization": staff.bearer}

    first = client.get("/v1/platform/outbox", headers=headers).json()
    second = client.get(f"/v1/platform/outbox?cursor={first['next']}", headers=headers).json()

    assert (len(first["results"]), len(second["results"]), second["next"]) == (50, 10, None)
    assert client.get("/v1/platform/outbox?cursor=garbage", headers=headers).json()["code"] == "bad_cursor"
