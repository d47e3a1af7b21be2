"""Everybody unlinks their own accounts at providers, and nobody else's."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import Identity
from apps.audit.models import Record
from tests.factories import Persona

pytestmark = pytest.mark.django_db


def linked(persona: Persona) -> Identity:
    return Identity.objects.create(person=persona.person, provider="demo", issuer="https://i.example", subject="s")


def test_one_unlinks_ones_own_account(signed_in: Client, reader: Persona) -> None:
    identity = linked(reader)

    assert f"/me/identities/{identity.pk}/unlink" in signed_in.get("/me").text
    assert "is unlinked from you" in signed_in.post(f"/me/identities/{identity.pk}/unlink", follow=True).text
    assert not Identity.objects.exists()
    assert Record.objects.get(action="identity.unlink").actor_id == reader.person.pk


def test_nobody_unlinks_somebody_elses(signed_in: Client, writer: Persona) -> None:
    identity = linked(writer)

    assert "There is no such link" in signed_in.post(f"/me/identities/{identity.pk}/unlink", follow=True).text
    assert Identity.objects.get() == identity
