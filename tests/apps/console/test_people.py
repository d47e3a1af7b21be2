"""Platform staff end other people's sessions; nobody else gets to see them."""

from __future__ import annotations

import pytest
from django.test import Client

from apps.accounts.models import BrowserSession
from apps.audit.models import Record
from tests.factories import PASSWORD, Persona, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def theirs(reader: Persona) -> Client:
    client = Client()
    client.post("/sign-in", {"email": reader.person.email, "password": PASSWORD})
    return client


@pytest.fixture
def desk(staff: Persona) -> Client:
    client = Client()
    sign_in(client, staff.person)
    return client


def test_a_person_is_shown_with_the_browsers_they_are_signed_in_with(desk: Client, reader: Persona, theirs: Client) -> None:
    shown = desk.get(f"/platform/people/{reader.person.pk}").text

    assert "Unknown browser" in shown and "127.0.0.1" in shown and "Sign out everywhere" in shown


def test_whoever_is_switched_off_is_signed_in_nowhere_and_stays_out(desk: Client, reader: Persona, theirs: Client) -> None:
    page = f"/platform/people/{reader.person.pk}"
    assert "Signed in nowhere" in desk.post(f"{page}/switch-off", follow=True).text
    desk.post(f"{page}/switch-on")

    assert theirs.get("/me").status_code == 302


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
