"""An account that is switched off: nothing that proves to be its owner counts any more, from the next request on."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts import services
from apps.accounts.models import Person
from apps.audit.domain import Actor, ActorKind
from apps.audit.models import Record
from apps.platform.errors import Conflict
from tests.factories import PASSWORD, Persona, sign_in

pytestmark = pytest.mark.django_db
STAFF = Actor.system("tests")
BACKENDS = ["apps.accounts.backends.LocalPassword", "apps.accounts.sso.backend.SingleSignOn"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_session_ends_at_the_next_request_however_it_began(client: Client, reader: Persona, backend: str) -> None:
    sign_in(client, reader.person, backend=backend)
    page = f"/o/{reader.org.slug}/"
    assert client.get(page).status_code == 200

    services.deactivate_person(reader.person, by=STAFF)

    assert client.get(page).headers["Location"].startswith("/sign-in")
    assert client.get("/v1/me").status_code == 401


def test_a_token_is_refused_and_nobody_signs_in(client: Client, reader: Persona) -> None:
    services.deactivate_person(reader.person, by=STAFF)
    answer = client.post("/sign-in", {"email": reader.person.email, "password": PASSWORD})

    assert answer.status_code == 422
    assert Client(headers={"Authorization": reader.bearer}).get("/v1/me").status_code == 401


def test_switched_on_again_they_sign_in_again(client: Client, reader: Persona) -> None:
    services.deactivate_person(reader.person, by=STAFF)
    services.activate_person(reader.person, by=STAFF)

    assert client.post("/sign-in", {"email": reader.person.email, "password": PASSWORD}).status_code == 302


def test_each_change_is_told_once(reader: Persona) -> None:
    for _ in range(2):
        services.deactivate_person(reader.person, by=STAFF)
    for _ in range(2):
        services.activate_person(reader.person, by=STAFF)

    assert list(Record.objects.order_by("pk").values_list("action", "object_name")) == [
        ("person.deactivate", reader.person.email), ("person.activate", reader.person.email),
    ]  # fmt: skip


def test_nobody_switches_off_themself(staff: Persona) -> None:
    by = Actor(ActorKind.PERSON, staff.person.email, person_id=staff.person.pk)
    with pytest.raises(Conflict) as refused:
        services.deactivate_person(staff.person, by=by)

    assert refused.value.code == "own_account"
    assert Person.objects.get(pk=staff.person.pk).is_active
