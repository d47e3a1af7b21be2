"""The audit log tells who did what, in the change's own transaction, and nobody can unsay it."""

from __future__ import annotations

import dataclasses
import uuid
from datetime import timedelta

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import ProgrammingError
from django.test import RequestFactory, override_settings
from django.utils import timezone

from apps.audit import services
from apps.audit.domain import Actor, ActorKind, Subject
from apps.audit.models import Record
from apps.audit.requests import client_address
from apps.platform.telemetry import HIDDEN, platform_redactor, redactor

ADA = Actor(ActorKind.PERSON, "ada@trace.example", person_id=uuid.uuid4(), address="10.0.0.1", request_id="r-1")
DOOR = Subject("door", "1", "The door")

pytestmark = pytest.mark.django_db


def test_a_record_says_who_what_where_and_what_changed() -> None:
    services.record("door.open", DOOR, by=ADA, org_id=(org := uuid.uuid4()), before={"open": False}, after={"open": True})

    record = Record.objects.get()
    assert (record.action, record.actor_id, record.actor_name, record.address) == (
        "door.open",
        ADA.person_id,
        ADA.name,
        "10.0.0.1",
    )
    assert (record.object_kind, record.object_id, record.object_name, record.org_id) == ("door", "1", "The door", org)
    assert (record.before, record.after, record.request_id) == ({"open": False}, {"open": True}, "r-1")


@pytest.mark.django_db(transaction=True)
def test_it_commits_with_its_change_or_not_at_all() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        services.record("door.open", DOOR, by=ADA)
    with transaction.atomic():
        services.record("door.open", DOOR, by=ADA)
        transaction.set_rollback(True)

    assert not Record.objects.exists()


@pytest.mark.parametrize("statement", [
    "UPDATE audit_record SET actor_name = 'nobody'", "DELETE FROM audit_record",
])  # fmt: skip
def test_not_even_the_owner_of_the_table_can_unsay_it(statement: str) -> None:
    services.record("door.open", DOOR, by=ADA)

    with (
        pytest.raises((ProgrammingError, InternalError), match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert Record.objects.get().actor_name == ADA.name


def test_retention_forgets_what_is_old_and_nothing_else() -> None:
    for days in (1, 39, 41, 400):
        Record.objects.create(at=timezone.now() - timedelta(days=days), actor_kind="system", action=f"day.{days}")

    assert services.prune(keep_days=40) == 2
    assert set(Record.objects.values_list("action", flat=True)) == {"day.1", "day.39"}
    with pytest.raises((ProgrammingError, InternalError), match="append-only"), transaction.atomic():
        Record.objects.all()._raw_delete(Record.objects.db)


def test_retention_cannot_be_shortened_to_hide_something() -> None:
    with pytest.raises((ProgrammingError, InternalError), match="at least 30 days"), transaction.atomic():
        services.prune(keep_days=29)


def test_secrets_are_not_told() -> None:
    platform_redactor.learn(["a-known-secret-value"])
    services.record("door.open", DOOR, by=ADA, after={"password": "x", "note": "it is a-known-secret-value"})

    assert Record.objects.get().after == {"password": HIDDEN, "note": f"it is {HIDDEN}"}


def test_what_somebody_wrote_into_the_vault_hides_nothing_of_the_log() -> None:
    redactor.learn_written("admin@demo.example")
    services.record("door.open", DOOR, by=ADA, after={"email": "admin@demo.example"})

    assert Record.objects.get().after == {"email": "admin@demo.example"}


@pytest.mark.parametrize(("proxies", "header", "believed"), [
    (0, "6.6.6.6", "10.0.0.9"),
    (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
    (2, "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
    (1, "", "10.0.0.9"),
    (3, "1.2.3.4", "10.0.0.9"),
])  # fmt: skip
def test_only_our_own_proxies_are_believed_about_the_address(settings, proxies: int, header: str, believed: str) -> None:  # type: ignore[no-untyped-def]
    request = RequestFactory(REMOTE_ADDR="10.0.0.9").get("/", headers={"X-Forwarded-For": header} if header else {})
    with override_settings(CONFIG=dataclasses.replace(settings.CONFIG, trusted_proxies=proxies)):
        assert client_address(request) == believed
