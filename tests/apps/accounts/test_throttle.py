"""Guessing is made slow, and being locked out ends by itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
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
    for _ in range(throttle.PER_PAIR):
        assert sign_in(client, reader.person.email, "wrong").status_code == 422

    response = sign_in(client, reader.person.email, PASSWORD)
    assert response.status_code == 429
    assert "Try again in 15 min" in response.text
    assert 0 < int(response.headers["Retry-After"]) <= 900


def test_writing_the_address_otherwise_does_not_help(client: Client, reader: Persona) -> None:
    fail(throttle.PER_PAIR, email=reader.person.email)

    assert sign_in(client, f" {reader.person.email.upper()} ", PASSWORD).status_code == 429


def test_a_machine_that_tries_many_addresses_waits_too(client: Client, reader: Persona) -> None:
    for n in range(throttle.PER_ADDRESS):
        fail(1, email=f"p{n}@trace.example")

    assert sign_in(client, reader.person.email, PASSWORD).status_code == 429
    assert (
        Client(REMOTE_ADDR="10.9.9.9").post("/sign-in", {"email": reader.person.email, "password": PASSWORD}).status_code == 302
    )


def test_the_right_password_wipes_the_slate(client: Client, reader: Persona) -> None:
    fail(throttle.PER_PAIR - 1, email=reader.person.email)

    assert sign_in(client, reader.person.email, PASSWORD).status_code == 302
    assert not SignInFailure.objects.exists()


def test_the_wait_ends() -> None:
    for n in range(throttle.PER_PAIR):
        SignInFailure.objects.create(email="pat@trace.example", address="b", at=NOON + timedelta(seconds=n))

    with pytest.raises(TooMany):
        throttle.reserve(email="pat@trace.example", address="b", now=NOON + throttle.WINDOW - timedelta(seconds=1))
    throttle.reserve(email="pat@trace.example", address="b", now=NOON + throttle.WINDOW)


def test_old_failures_are_forgotten() -> None:
    SignInFailure.objects.create(email="old@trace.example", address="a", at=NOON - timedelta(days=2))
    throttle.reserve(email="new@trace.example", address="a", now=NOON)

    assert [failure.email for failure in SignInFailure.objects.all()] == ["new@trace.example"]


def test_a_lock_is_told_once_however_often_it_is_tried(client: Client, reader: Persona) -> None:
    for _ in range(throttle.PER_PAIR + 5):
        sign_in(client, reader.person.email, "wrong")

    record = Record.objects.get(action="sign_in.lock")
    assert (record.action, record.object_kind, record.object_id) == ("sign_in.lock", "email", reader.person.email)
    assert (record.actor_name, record.actor_id, record.address) == ("nobody", None, "127.0.0.1")
    assert record.after == {"failures": 10, "minutes": 15, "email": reader.person.email, "address": "127.0.0.1"}


def test_a_machine_that_is_locked_out_is_told_once_too() -> None:
    fail(throttle.PER_ADDRESS - 1, email="many@trace.example", address="10.9.9.9")
    attempt = throttle.reserve(email="p@trace.example", address="10.9.9.9", now=timezone.now())
    throttle.note_failure(attempt, by=NOBODY)
    with pytest.raises(TooMany):
        throttle.reserve(email="q@trace.example", address="10.9.9.9", now=timezone.now())

    assert [record.object_id for record in Record.objects.all()] == ["10.9.9.9"]


def test_a_try_counts_before_its_password_is_looked_at() -> None:
    """Otherwise as many as run at once would pass together."""
    for _ in range(throttle.PER_PAIR):
        throttle.reserve(email="pat@trace.example", address="a", now=NOON)

    with pytest.raises(TooMany):
        throttle.reserve(email="pat@trace.example", address="a", now=NOON)


def test_the_last_try_is_told_as_a_lock_only_if_it_fails(client: Client, reader: Persona) -> None:
    fail(throttle.PER_PAIR - 1, email=reader.person.email)
    sign_in(client, reader.person.email, PASSWORD)

    assert not Record.objects.filter(action="sign_in.lock").exists()


def test_what_somebody_else_has_wiped_meanwhile_locks_nobody() -> None:
    for _ in range(throttle.PER_PAIR):
        attempt = throttle.reserve(email="pat@trace.example", address="a", now=NOON)
    throttle.forget(email="pat@trace.example", address="a")
    throttle.note_failure(attempt, by=NOBODY)

    assert not Record.objects.exists()


def test_an_address_in_full_width_is_no_way_to_ten_more_guesses(client: Client, reader: Persona) -> None:
    wide = reader.person.email.replace("p", "\uff50", 1)

    assert sign_in(client, wide, PASSWORD).status_code == 422
    assert "do not belong together" in sign_in(client, wide, PASSWORD).text
    assert not SignInFailure.objects.exists()


def test_a_stranger_elsewhere_locks_nobody_out(reader: Persona) -> None:
    elsewhere, home = Client(REMOTE_ADDR="10.9.9.9"), Client(REMOTE_ADDR="10.1.1.1")
    for _ in range(throttle.PER_PAIR):
        sign_in(elsewhere, reader.person.email, "wrong")

    assert sign_in(elsewhere, reader.person.email, PASSWORD).status_code == 429
    assert sign_in(home, reader.person.email, PASSWORD).status_code == 302
    assert sign_in(elsewhere, reader.person.email, PASSWORD).status_code == 429, (
        "the owner's sign-in gives the stranger no more guesses"
    )


def test_many_machines_that_guess_at_one_account_are_stopped_together(client: Client, reader: Persona) -> None:
    for n in range(throttle.PER_EMAIL):
        fail(1, email=reader.person.email, address=f"10.0.{n}.1")

    assert sign_in(client, reader.person.email, PASSWORD).status_code == 429


def test_who_is_locked_out_sees_the_page_with_the_other_ways_in(client: Client, reader: Persona) -> None:
    fail(throttle.PER_PAIR, email=reader.person.email)
    page = sign_in(client, reader.person.email, PASSWORD).text

    assert "Too many sign-ins have failed" in page and 'name="password"' in page
    assert PASSWORD not in page


def test_of_an_accounts_failures_one_a_minute_is_told(client: Client, reader: Persona) -> None:
    def fail_at(seconds: int, email: str) -> None:
        attempt = throttle.reserve(email=email, address="a", now=NOON + timedelta(seconds=seconds))
        throttle.note_failure(attempt, by=NOBODY)

    for seconds in (0, 5, 59, 60, 61):
        fail_at(seconds, reader.person.email)
    fail_at(0, "nobody@trace.example")

    told = Record.objects.filter(action="sign_in.fail")
    assert [(record.object_name, record.org_id) for record in told] == [(reader.person.email, None)] * 2


@pytest.mark.django_db(transaction=True)
def test_of_tries_at_once_no_more_pass_than_may() -> None:
    def try_once(_: int) -> bool:
        try:
            throttle.reserve(email="pat@trace.example", address="a", now=NOON)
        except TooMany:
            return False
        else:
            return True
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(try_once, range(throttle.PER_PAIR + 6))) == throttle.PER_PAIR
