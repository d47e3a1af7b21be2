"""Platform staff are appointed and dismissed from the command line, and it is written down."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from apps.accounts.admission import VerifiedIdentity
from apps.accounts.models import Person
from apps.audit.models import Record
from apps.orgs.services.admission import admit
from tests.factories import NOON, Persona

pytestmark = pytest.mark.django_db


def test_the_first_person_of_an_installation_is_appointed_and_signs_in() -> None:
    call_command("staff", "appoint", "Ann@example.com")

    ann = Person.objects.get(email="ann@example.com")
    proved = VerifiedIdentity(provider="acme", issuer="https://acme.example", subject="1", email=ann.email)
    assert ann.is_platform_staff and not ann.has_usable_password()
    assert admit(proved, NOON) == ann


def test_appointing_and_dismissing_are_told_once(reader: Persona) -> None:
    for what in ("appoint", "appoint", "dismiss", "dismiss"):
        call_command("staff", what, reader.person.email)

    told = Record.objects.filter(action__startswith="staff.").order_by("pk")
    assert [(record.action, record.object_name, record.actor_name) for record in told] == [
        ("staff.appoint", reader.person.email, "manage.py staff"), ("staff.dismiss", reader.person.email, "manage.py staff"),
    ]  # fmt: skip
    assert not Person.objects.get(pk=reader.person.pk).is_platform_staff


@pytest.mark.parametrize(("what", "email", "words"), [
    ("dismiss", "nobody@example.com", "no such person"), ("appoint", "no address", "Write an e-mail"),
])  # fmt: skip
def test_what_cannot_be_done_says_why(what: str, email: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("staff", what, email)
