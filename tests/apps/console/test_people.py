"""Platform staff end other people's sessions; nobody else gets to see them."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import BrowserSession
from apps.audit.models import Record
from tests.factories import PASSWORD, Persona

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(reader: Persona) -> Client:
    client = Client()
    client.post("/sign-in", {"email": reader.person.email, "password": PASSWORD})
    return client


@pytest.fixture
def desk(staff: Persona) -> Client:
    client = Client()
    client.force_login(staff.person)
    return client


def test_somebody_is_found_by_the_whole_address(desk: Client, reader: Persona, theirs: Client) -> None:
    found = desk.get("/platform/people", {"email": f" {reader.person.email.upper()} "}).text

    assert "Unknown browser" in found and "127.0.0.1" in found and "Sign out everywhere" in found


@pytest.mark.parametrize("email", ["pat", "nobody@trace.example", "a\x00@b.example"])
def test_a_part_of_an_address_finds_nobody(desk: Client, reader: Persona, email: str) -> None:
    assert "Nobody has this address" in desk.get("/platform/people", {"email": email}).text


def test_one_session_is_ended_and_told_whose_and_by_whom(desk: Client, staff: Persona, reader: Persona, theirs: Client) -> None:
    session = BrowserSession.objects.get(person=reader.person)
    answer = desk.post(f"/platform/sessions/{session.pk}/end", follow=True)

    assert "is signed out" in answer.text and "Signed in nowhere" in answer.text
    assert theirs.get("/me").status_code == 302
    record = Record.objects.get(action="session.revoke")
    assert (record.actor_id, record.before) == (staff.person.pk, {"of": reader.person.email})
    assert desk.post(f"/platform/sessions/{session.pk}/end").status_code == 404


def test_all_are_ended_and_those_of_others_stay(desk: Client, staff: Persona, reader: Persona, theirs: Client) -> None:
    desk.get("/me")
    desk.post(f"/platform/people/{reader.person.pk}/end-sessions")

    assert theirs.get("/me").status_code == 302
    assert BrowserSession.objects.get().person == staff.person


def test_the_palette_names_the_page_to_staff_only(desk: Client, theirs: Client) -> None:
    assert "/platform/people" in desk.get("/me").text
    assert "/platform/people" not in theirs.get("/me").text
