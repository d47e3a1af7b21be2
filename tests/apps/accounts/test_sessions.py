"""Where somebody is signed in: written down, shown, ended at once, and told in the audit log."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from apps.accounts import selectors, services
from apps.accounts.domain import Device
from apps.accounts.models import BrowserSession
from apps.audit.domain import Actor
from apps.audit.models import Record
from tests.factories import NOON, PASSWORD, Persona

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
BY = Actor.system("tests")
DEVICE = Device("Firefox on Linux", "10.0.0.9")


def browser(persona: Persona, *, user_agent: str = FIREFOX) -> Client:
    client = Client(headers={"User-Agent": user_agent})
    assert client.post("/sign-in", {"email": persona.person.email, "password": PASSWORD}).status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get("/me").status_code == 200


def actions() -> list[str]:
    return list(Record.objects.order_by("pk").values_list("action", flat=True))


def test_a_sign_in_is_written_down_and_told(reader: Persona) -> None:
    browser(reader)

    session = BrowserSession.objects.get()
    assert (session.person, session.provider, session.browser, session.address) == (
        reader.person, "", "Firefox on Linux", "127.0.0.1",
    )  # fmt: skip
    record = Record.objects.get()
    assert (record.action, record.after, record.org_id) == (
        "session.begin", {"how": "password", "browser": "Firefox on Linux"}, None,
    )  # fmt: skip
    assert (record.actor_id, record.object_id) == (reader.person.pk, str(session.pk))


def test_signing_out_ends_it_and_is_told(reader: Persona) -> None:
    browser(reader).post("/sign-out")

    assert not BrowserSession.objects.exists()
    assert actions() == ["session.begin", "session.end"]


def test_a_session_that_is_ended_elsewhere_is_over_at_its_next_request(reader: Persona) -> None:
    here, there = browser(reader), browser(reader)
    other = BrowserSession.objects.order_by("signed_in_at").last()
    assert other

    here.post(f"/me/sessions/{other.pk}/end")

    assert there.get("/me").headers["Location"] == "/sign-in?next=/me"
    assert there.get("/v1/me").status_code == 401
    assert is_in(here)
    assert actions()[-1] == "session.revoke"


def test_the_row_of_django_goes_with_an_ended_session(reader: Persona) -> None:
    client = browser(reader)
    BrowserSession.objects.all().delete()
    client.get("/me")

    assert not Session.objects.exists()


def test_a_background_request_of_an_ended_session_leads_to_the_sign_in(reader: Persona) -> None:
    client = browser(reader)
    BrowserSession.objects.all().delete()
    answer = client.get("/platform/health", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/platform/health"})

    assert answer.headers["HX-Redirect"] == "/sign-in?next=%2Fplatform%2Fhealth"


def test_all_others_are_ended_and_this_one_stays(reader: Persona) -> None:
    here, *others = (browser(reader) for _ in range(3))

    assert "Signed out of 2 other browsers" in here.post("/me/sessions/end-others", follow=True).text
    assert [is_in(client) for client in (here, *others)] == [True, False, False]


def test_nobody_ends_the_session_of_somebody_else(reader: Persona, writer: Persona) -> None:
    client, theirs = browser(writer), browser(reader)
    session = BrowserSession.objects.get(person=reader.person)

    assert "There is no such session" in client.post(f"/me/sessions/{session.pk}/end", follow=True).text
    assert is_in(theirs)


def test_one_persons_session_does_not_count_for_another(reader: Persona, writer: Persona) -> None:
    client = browser(reader)
    BrowserSession.objects.update(person=writer.person)

    assert not is_in(client)


def test_reading_pages_writes_once_in_five_minutes(reader: Persona) -> None:
    client = browser(reader)
    seen = BrowserSession.objects.get().last_seen_at
    client.get("/me")
    assert BrowserSession.objects.get().last_seen_at == seen

    BrowserSession.objects.update(last_seen_at=seen - timedelta(minutes=6))
    client.get("/me")
    assert BrowserSession.objects.get().last_seen_at >= seen


def test_a_session_that_was_never_written_down_is_nobodys_and_is_gone(client: Client, reader: Persona) -> None:
    client.force_login(reader.person)

    assert not is_in(client)
    assert not Session.objects.exists() and not BrowserSession.objects.exists()


def test_whoever_is_on_the_way_to_a_provider_keeps_what_they_began(client: Client) -> None:
    session = client.session
    session["oidc_states"] = {"state": {}}
    session.save()

    client.get("/me")
    assert "oidc_states" in client.session


def test_whoever_is_switched_off_is_out_and_stays_out_when_switched_on_again(reader: Persona) -> None:
    client = browser(reader)
    services.deactivate_person(reader.person, by=BY)
    reader.person.is_active = True
    reader.person.save(update_fields=["is_active"])

    assert not is_in(client)
    assert actions() == ["session.begin", "person.deactivate", "session.revoke"]


def test_a_request_of_somebody_who_was_switched_off_by_hand_ends_the_session_too(reader: Persona) -> None:
    client = browser(reader)
    reader.person.is_active = False
    reader.person.save(update_fields=["is_active"])

    assert not is_in(client)
    assert not BrowserSession.objects.exists()


def test_what_ended_by_itself_is_not_shown_and_forgotten_at_the_next_sign_in(reader: Persona) -> None:
    now = timezone.now()
    long_ago = now - timedelta(hours=13)
    BrowserSession.objects.create(person=reader.person, browser="Firefox", signed_in_at=long_ago, last_seen_at=long_ago)
    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(hours=1))
    assert list(selectors.sessions_of(reader.person, now=now)) == []

    browser(reader)
    assert BrowserSession.objects.count() == Session.objects.count() == 1


def test_a_page_shows_no_key_of_a_session(reader: Persona) -> None:
    client = browser(reader)

    assert client.cookies["trace_session"].value not in client.get("/me").text


def test_signing_out_twice_is_told_once(reader: Persona) -> None:
    session = services.begin_session(reader.person, provider="demo", device=DEVICE, by=BY, now=NOON)
    for _ in range(2):
        services.end_session(session.pk, by=BY)

    assert actions() == ["session.begin", "session.end"]
