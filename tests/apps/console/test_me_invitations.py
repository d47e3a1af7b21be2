"""Invitations to somebody who is signed in already, on the pages and in the API."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client, override_settings
from django.utils import timezone

from apps.audit.domain import Actor, ActorKind
from apps.audit.models import Record
from apps.orgs import services
from apps.orgs.models import Invitation, Membership, Org
from tests.factories import Persona, make_membership, make_org, make_person, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def inviting(db: None) -> Org:
    return make_org("Inviting org")


@pytest.fixture
def offer(inviting: Org, reader: Persona, stranger: Persona) -> Invitation:
    make_membership(inviting, stranger.person, role="admin")
    by = Actor(ActorKind.PERSON, stranger.person.email, person_id=stranger.person.pk)
    return services.invite(inviting, email=reader.person.email, role="writer", by=by, now=timezone.now())


@pytest.fixture
def me(signed_in: Client) -> Client:
    return signed_in


def home(client: Client, persona: Persona) -> str:
    return client.get(f"/o/{persona.org.slug}/").text


def is_member(persona: Persona, org: Org) -> bool:
    return Membership.objects.filter(person=persona.person, org=org).exists()


def test_home_says_who_invites_where_and_until_when(me: Client, reader: Persona, offer: Invitation, stranger: Persona) -> None:
    shown = home(me, reader)

    assert "Inviting org" in shown and stranger.person.email in shown
    assert f"{offer.expires_at:%Y-%m-%d %H:%M:%S} UTC" in shown


def test_somebody_without_an_org_finds_the_invitation_at_the_start(client: Client, inviting: Org) -> None:
    person = make_person()
    services.invite(inviting, email=person.email, role="reader", by=Actor.system("tests"), now=timezone.now())
    sign_in(client, person)

    assert "Inviting org" in client.get("/").text


def test_accepting_joins_in_the_role_and_leads_there(me: Client, reader: Persona, offer: Invitation) -> None:
    answer = me.post(f"/me/invitations/{offer.pk}/accept", follow=True)

    assert answer.redirect_chain[-1][0] == f"/o/{offer.org.slug}/" and "You are a member of Inviting org now" in answer.text
    assert Membership.objects.get(person=reader.person, org=offer.org).role.slug == "writer"
    assert "Accept the invitation" not in answer.text


def test_declining_ends_it_and_the_org_can_read_by_whom(me: Client, reader: Persona, offer: Invitation) -> None:
    answer = me.post(f"/me/invitations/{offer.pk}/decline", follow=True)

    assert "You have declined to join Inviting org" in answer.text
    record = Record.objects.get(action="invitation.decline")
    assert (record.org_id, record.actor_id) == (offer.org_id, reader.person.pk)
    assert not is_member(reader, offer.org)
    assert "no such invitation for you" in me.post(f"/me/invitations/{offer.pk}/accept", follow=True).text


def test_one_that_has_ended_is_neither_shown_nor_accepted(me: Client, reader: Persona, offer: Invitation) -> None:
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert "Inviting org" not in home(me, reader)
    assert "no such invitation for you" in me.post(f"/me/invitations/{offer.pk}/accept", follow=True).text
    assert not is_member(reader, offer.org)


@pytest.mark.parametrize("verb", ["accept", "decline"])
def test_somebody_elses_invitation_is_as_if_it_were_not(client: Client, writer: Persona, offer: Invitation, verb: str) -> None:
    sign_in(client, writer.person)
    client.post(f"/me/invitations/{offer.pk}/{verb}")

    assert client.post(f"/v1/me/invitations/{offer.pk}/{verb}").status_code == 404
    assert Invitation.objects.open(now=timezone.now()).exists()


def test_without_a_proved_address_there_is_nothing_to_accept(me: Client, reader: Persona, offer: Invitation) -> None:
    with override_settings(CONFIG=replace(settings.CONFIG, local_login=False)):
        assert "Inviting org" not in home(me, reader)
        assert me.get("/v1/me/invitations").json() == []
        assert me.post(f"/v1/me/invitations/{offer.pk}/accept").status_code == 404
        assert "no such invitation for you" in me.post(f"/me/invitations/{offer.pk}/accept", follow=True).text
    assert not is_member(reader, offer.org)


def test_the_api_lists_accepts_and_declines(me: Client, reader: Persona, offer: Invitation, stranger: Persona) -> None:
    (listed,) = me.get("/v1/me/invitations").json()
    assert (listed["org"], listed["role"], listed["invited_by"]) == (offer.org.slug, "writer", stranger.person.email)

    accepted = me.post(f"/v1/me/invitations/{listed['id']}/accept")
    assert (accepted.status_code, accepted.json()["slug"]) == (201, offer.org.slug)
    assert me.post(f"/v1/me/invitations/{listed['id']}/decline").status_code == 404


def test_the_api_declines(me: Client, offer: Invitation) -> None:
    assert me.post(f"/v1/me/invitations/{offer.pk}/decline").status_code == 204
    assert me.get("/v1/me/invitations").json() == []


def test_a_token_of_one_org_does_not_answer_for_another(reader: Persona, offer: Invitation) -> None:
    client = Client(headers={"Authorization": reader.bearer})

    answer = client.post(f"/v1/me/invitations/{offer.pk}/accept")
    assert (answer.status_code, answer.json()["code"]) == (403, "token_for_one_org")
    assert not is_member(reader, offer.org)


def test_changing_over_the_session_needs_the_csrf_token(reader: Persona, offer: Invitation) -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in(client, reader.person)

    assert client.post(f"/v1/me/invitations/{offer.pk}/accept").status_code == 403
    assert client.post(f"/me/invitations/{offer.pk}/accept").status_code == 403
    assert not is_member(reader, offer.org)
