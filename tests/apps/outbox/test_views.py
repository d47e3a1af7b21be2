"""Replaying a message from its page."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from apps.outbox.domain import State
from apps.outbox.models import Message
from tests.factories import Persona, sign_in

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "Accept": "text/html"}


def test_staff_replay_a_message_and_get_its_row(client: Client, staff: Persona, dead_letter: Message) -> None:
    sign_in(client, staff.person)
    response = client.post(f"/platform/outbox/{dead_letter.pk}/replay", headers=HTMX)

    assert response.text.lstrip().startswith(f'<tr id="message-{dead_letter.pk}"')
    assert "Pending again" in response.text
    assert "Replayed" in response.headers["HX-Trigger"]
    assert Message.objects.get().state == State.PENDING


def test_without_javascript_the_page_comes_back(client: Client, staff: Persona, dead_letter: Message) -> None:
    sign_in(client, staff.person)
    response = client.post(f"/platform/outbox/{dead_letter.pk}/replay")

    assert response.headers["Location"] == "/platform/health"


@pytest.mark.parametrize("persona", ["admin", "writer", "reader", "stranger"])
def test_nobody_else_may_replay(client: Client, persona: str, dead_letter: Message, request: pytest.FixtureRequest) -> None:
    sign_in(client, request.getfixturevalue(persona).person)
    response = client.post(f"/platform/outbox/{dead_letter.pk}/replay")

    assert response.status_code == 403
    assert Message.objects.get().state == State.FAILED


def test_a_message_that_is_gone_is_not_found(client: Client, staff: Persona) -> None:
    sign_in(client, staff.person)

    assert client.post(f"/platform/outbox/{uuid.uuid4()}/replay").status_code == 404


def test_replaying_needs_a_post(client: Client, staff: Persona, dead_letter: Message) -> None:
    sign_in(client, staff.person)

    assert client.get(f"/platform/outbox/{dead_letter.pk}/replay").headers["Location"] == "/platform/health"


def test_replaying_needs_a_csrf_token(staff: Persona, dead_letter: Message) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, staff.person)

    assert client.post(f"/platform/outbox/{dead_letter.pk}/replay").status_code == 403
