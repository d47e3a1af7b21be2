"""Guessing is made slow, and being locked out ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts import throttle
from apps.accounts.models import SignInFailure
from apps.audit.domain import Actor
from apps.audit.models import Record
from apps.platform.errors import TooMany
from tests.factories import NOON, PASSWORD, Persona

pytestmark = pytest.mark.django_db
NOBODY = Actor.system("tests")


def sign_in(client: Client, email: str, password: str):  # type: ignore[no-untyped-def]
    return client.post("/sign-in", {"email": email, "password": password})


def fail(times: int, *, email: str = "pat@trace.example", address: str = "127.0.0.1") -> None:
    for _ in range(times):
        SignInFailure.objects.create(email=email, address=address, at=timezone.now())


def test_after_ten_wrong_passwords_even_the_right_one_waits(client: Client, reader: Persona) -> None:
    for _ in range(throttle.PER_EMAIL):
        assert sign_in(client, reader.person.email, "wrong").status_code == 422

    response = sign_in(client, reader.person.email, PASSWORD)
    assert response.status_code == 429
    assert "Try again in 15 min" in response.text
    assert 0 < int(response.headers["Retry-After"]) <= 900


def test_writing_the_address_otherwise_does_not_help(client: Client, reader: Persona) -> None:
    fail(throttle.PER_EMAIL, email=reader.person.email)

    assert sign_in(client, f" {reader.person.email.upper()} ", PASSWORD).status_code == 429


def test_a_machine_that_tries_many_addresses_waits_too(client: Client, reader: Persona) -> None:
    for n in range(throttle.PER_ADDRESS):
        fail(1, email=f"p{n}@trace.example")

    assert sign_in(client, reader.person.email, PASSWORD).status_code == 429
    assert (
        Client(REMOTE_ADDR="10.9.9.9").post("/sign-in", {"email": reader.person.email, "password": PASSWORD}).status_code == 302
    )


def test_the_right_password_wipes_the_slate(client: Client, reader: Persona) -> None:
    fail(throttle.PER_EMAIL - 1, email=reader.person.email)

    assert sign_in(client, reader.person.email, PASSWORD).status_code == 302
    assert not SignInFailure.objects.exists()


def test_the_wait_ends() -> None:
    for n in range(throttle.PER_EMAIL):
        SignInFailure.objects.create(email="pat@trace.example", address="a", at=NOON + timedelta(seconds=n))

    with pytest.raises(TooMany):
        throttle.check(email="pat@trace.example", address="b", now=NOON + throttle.WINDOW - timedelta(seconds=1))
    throttle.check(email="pat@trace.example", address="b", now=NOON + throttle.WINDOW)


def test_old_failures_are_forgotten() -> None:
    SignInFailure.objects.create(email="old@trace.example", address="a", at=NOON - timedelta(days=2))
    throttle.note_failure(email="new@trace.example", address="a", by=NOBODY, now=NOON)

    assert [failure.email for failure in SignInFailure.objects.all()] == ["new@trace.example"]


def test_a_lock_is_told_once_however_often_it_is_tried(client: Client, reader: Persona) -> None:
    for _ in range(throttle.PER_EMAIL + 5):
        sign_in(client, reader.person.email, "wrong")

    record = Record.objects.get()
    assert (record.action, record.object_kind, record.object_id) == ("sign_in.lock", "email", reader.person.email)
    assert (record.actor_name, record.actor_id, record.address) == ("nobody", None, "127.0.0.1")
    assert record.after == {"failures": 10, "minutes": 15}


def test_a_machine_that_is_locked_out_is_told_once_too() -> None:
    fail(throttle.PER_ADDRESS - 1, email="many@trace.example", address="10.9.9.9")
    for n in range(2):
        throttle.note_failure(email=f"p{n}@trace.example", address="10.9.9.9", by=NOBODY, now=timezone.now())

    assert [record.object_id for record in Record.objects.all()] == ["10.9.9.9"]
