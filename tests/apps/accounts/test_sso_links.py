"""A link between a provider's subject and a person: made once, never by an address alone after that, and undone by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from apps.accounts import services
from apps.accounts.models import BrowserSession, Identity
from apps.accounts.selectors import has_proved_email
from apps.audit.domain import Actor
from apps.audit.models import Record
from apps.orgs.models import Membership
from apps.orgs.services import invite
from tests.factories import Persona
from tests.fixtures.forger import Answering, Forger
from tests.fixtures.sso import Idp, Surfer

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("sso")]
BY = Actor.system("tests")
WITHOUT_PASSWORDS = override_settings(CONFIG=replace(settings.CONFIG, local_login=False))


@pytest.fixture
def linked(answering: Answering, reader: Persona) -> Persona:
    answering.with_token(email=reader.person.email)
    return reader


def another_browser(forger: Forger) -> Answering:
    return Answering(forger)


def test_the_next_owner_of_an_address_is_not_the_last_one(forger: Forger, linked: Persona) -> None:
    next_one = another_browser(forger)
    refused = next_one.with_token(email=linked.person.email, sub="s-2")

    assert refused.status_code == 409 and "sso_already_linked" in refused.text
    assert next_one.trace.get("/v1/me").status_code == 401
    assert Identity.objects.get().subject == "s-1"


def test_who_is_refused_has_joined_nothing_on_the_way(forger: Forger, linked: Persona, stranger: Persona) -> None:
    invite(stranger.org, email=linked.person.email, role="reader", by=BY, now=timezone.now())
    another_browser(forger).with_token(email=linked.person.email, sub="s-2")

    assert not Membership.objects.filter(person=linked.person, org=stranger.org).exists()


def test_a_second_provider_links_the_same_person(surfer: Surfer, idp: Idp, member: Persona) -> None:
    Identity.objects.create(person=member.person, provider="other", issuer="https://other.example", subject="s")

    assert surfer.sign_in(idp, member.person).status_code == 302
    assert member.person.identities.count() == 2


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email": "other@trace.example"}])
def test_an_address_that_is_no_longer_vouched_for_proves_nothing_any_more(
    forger: Forger, linked: Persona, claims: dict[str, Any]
) -> None:
    another_browser(forger).with_token(**({"email": linked.person.email} | claims))

    with WITHOUT_PASSWORDS:
        assert not has_proved_email(linked.person)
    told = Record.objects.get(action="identity.change")
    assert (told.before, told.after) == ({"email": linked.person.email}, {"email": claims.get("email", "")})
    assert told.actor_id == linked.person.pk


def test_the_same_address_again_is_not_told(forger: Forger, linked: Persona) -> None:
    another_browser(forger).with_token(email=linked.person.email)

    assert not Record.objects.filter(action="identity.change").exists()


def test_an_unlinked_account_is_out_and_another_may_be_linked(answering: Answering, forger: Forger, linked: Persona) -> None:
    identity = Identity.objects.get()
    for _ in range(2):
        services.unlink_identity(identity, by=BY)

    assert answering.trace.get("/v1/me").status_code == 401
    assert another_browser(forger).with_token(email=linked.person.email, sub="s-2").status_code == 302
    told = Record.objects.get(action="identity.unlink")
    assert (told.object_id, told.before) == (
        str(linked.person.pk), {"issuer": forger.issuer, "subject": "s-1", "email": linked.person.email},
    )  # fmt: skip


def test_unlinking_leaves_sessions_that_began_otherwise(linked: Persona) -> None:
    other = BrowserSession.objects.create(person=linked.person, browser="Firefox")
    services.unlink_identity(Identity.objects.get(), by=BY)

    assert BrowserSession.objects.get() == other
