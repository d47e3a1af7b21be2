"""What is meant for the owner of an address is given to nobody who has not proved to be it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import settings
from django.test import override_settings

from apps.accounts.models import Identity
from apps.accounts.selectors import has_proved_email
from tests.factories import Persona

pytestmark = pytest.mark.django_db
WITHOUT_PASSWORDS = override_settings(CONFIG=replace(settings.CONFIG, local_login=False))


def test_a_password_proves_on_a_laptop_only(reader: Persona) -> None:
    assert has_proved_email(reader.person)
    with WITHOUT_PASSWORDS:
        assert not has_proved_email(reader.person)


@pytest.mark.parametrize(("email", "proves"), [("own", True), ("", False), ("other@trace.example", False)])
def test_an_identity_proves_the_address_that_its_provider_verified(reader: Persona, email: str, proves: bool) -> None:
    verified = reader.person.email if email == "own" else email
    Identity.objects.create(person=reader.person, provider="demo", issuer="https://a", subject="s", email=verified)

    with WITHOUT_PASSWORDS:
        assert has_proved_email(reader.person) is proves


def test_another_persons_identity_proves_nothing(reader: Persona, writer: Persona) -> None:
    Identity.objects.create(person=writer.person, provider="demo", issuer="https://a", subject="s", email=reader.person.email)

    with WITHOUT_PASSWORDS:
        assert not has_proved_email(reader.person)
