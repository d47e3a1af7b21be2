"""The profile: what it shows of oneself, and what one changes there."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import settings
from django.test import Client, override_settings

from apps.accounts import throttle
from apps.accounts.models import BrowserSession, Identity, Person, SignInFailure
from apps.audit.models import Record
from apps.orgs import services as orgs
from apps.orgs.models import ApiToken
from tests.factories import NOON, PASSWORD, Persona, make_membership, make_org

pytestmark = pytest.mark.django_db
NEW = "quite another password"


@pytest.fixture
def me(client: Client, reader: Persona) -> Client:
    assert client.post("/sign-in", {"email": reader.person.email, "password": PASSWORD}).status_code == 302
    return client


def fresh(persona: Persona) -> Person:
    return Person.objects.get(pk=persona.person.pk)


def test_the_page_shows_who_one_is_everywhere(me: Client, reader: Persona) -> None:
    other = make_org("Second org")
    token = orgs.ensure_api_token(make_membership(other, reader.person, role="admin"), name="ci", token="t", now=NOON)
    Identity.objects.create(
        person=reader.person, provider="gone", issuer="https://a", subject="s", email="as-they-know-me@trace.example"
    )
    shown = me.get("/me").text

    for text in (reader.person.email, reader.org.name, other.name, token.name, "as-they-know-me@trace.example", "This one"):
        assert text in shown


def test_nothing_of_anybody_else_is_shown(me: Client, writer: Persona, stranger: Persona) -> None:
    BrowserSession.objects.create(person=writer.person, browser="Opera on Windows")
    shown = me.get("/me").text

    assert writer.person.email not in shown and "Opera" not in shown and stranger.org.name not in shown


def test_a_name_is_changed_and_told_with_what_it_was(me: Client, reader: Persona) -> None:
    me.post("/me/change", {"name": "  Ada   Lovelace "})

    assert fresh(reader).name == "Ada Lovelace"
    record = Record.objects.get(action="person.change")
    assert (record.before, record.after) == ({"name": "Reader"}, {"name": "Ada Lovelace"})


def test_saving_the_same_name_is_no_change(me: Client) -> None:
    me.post("/me/change", {"name": "Reader"})

    assert not Record.objects.filter(action="person.change").exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 121, "a\x07b"])
def test_a_name_that_is_none_is_refused_beside_its_field(me: Client, reader: Persona, name: str) -> None:
    answer = me.post("/me/change", {"name": name})

    assert answer.status_code == 422 and "field-error" in answer.text
    assert fresh(reader).name == "Reader"


def test_the_email_cannot_be_changed(me: Client, reader: Persona) -> None:
    me.post("/me/change", {"name": "Ada", "email": "ada@trace.example"})

    assert fresh(reader).email == reader.person.email


def test_the_theme_follows_the_person_into_another_browser(me: Client, reader: Persona) -> None:
    me.post("/theme", {"theme": "dark", "next": "/me"})
    other = Client()
    other.post("/sign-in", {"email": reader.person.email, "password": PASSWORD})

    first = other.get("/me")
    assert 'data-theme="dark"' in first.text
    # And where nobody has asked who is looking.
    assert 'data-theme="dark"' in other.get("/no/such/page").text


def test_the_systems_theme_is_a_choice_that_outdoes_a_cookie(me: Client, reader: Persona) -> None:
    me.post("/theme", {"theme": ""})
    me.cookies["trace_theme"] = "dark"

    assert "data-theme" not in me.get("/me").text
    assert fresh(reader).theme == "system"


def test_letters_are_switched_off_for_the_person(me: Client, reader: Persona) -> None:
    answer = me.post("/me/keys", {}, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Trigger"]) == (204, '{"trace:letter-keys": {"isOn": false}}')
    assert 'data-letter-keys="off"' in me.get("/me").text

    me.post("/me/keys", {"letter_keys": "on"})
    assert 'data-letter-keys="off"' not in me.get("/me").text


def change(client: Client, *, old: str = PASSWORD, new: str = NEW, again: str = ""):  # type: ignore[no-untyped-def]
    return client.post("/me/password", {"old": old, "new": new, "again": again or new})


def test_a_new_password_signs_out_everywhere_but_here(me: Client, reader: Persona) -> None:
    other = Client()
    other.post("/sign-in", {"email": reader.person.email, "password": PASSWORD})

    assert change(me).headers["Location"] == "/me"
    assert (me.get("/me").status_code, other.get("/me").status_code) == (200, 302)
    assert fresh(reader).check_password(NEW)
    told = Record.objects.get(action="person.password")
    assert told.actor_id == reader.person.pk and not told.before and not told.after
    assert BrowserSession.objects.count() == 1


@pytest.mark.parametrize(("given", "words"), [
    ({"old": "wrong"}, "This is not your password"),
    ({"again": "something else"}, "are not the same"),
    ({"new": "short"}, "too short"),
    ({"new": "password1234"}, "too common"),
    ({"new": ""}, "This field is required"),
])  # fmt: skip
def test_a_password_is_not_changed_and_the_field_says_why(me: Client, reader: Persona, given: dict[str, str], words: str) -> None:
    answer = change(me, **given)

    assert answer.status_code == 422 and words in answer.text
    assert fresh(reader).check_password(PASSWORD)


def test_guessing_the_old_password_waits_like_a_sign_in(me: Client, reader: Persona) -> None:
    for _ in range(throttle.PER_PAIR):
        assert change(me, old="wrong").status_code == 422

    assert change(me).status_code == 429
    assert fresh(reader).check_password(PASSWORD)
    assert Record.objects.filter(action="sign_in.lock").count() == 1


def test_a_new_password_that_is_wrong_is_no_guess_at_the_old_one(me: Client) -> None:
    change(me, old="wrong", new="short")

    assert not SignInFailure.objects.exists()


def test_whoever_has_no_password_cannot_be_given_one(me: Client, reader: Persona) -> None:
    with override_settings(CONFIG=replace(settings.CONFIG, local_login=False)):
        assert "Change your password" not in me.get("/me").text
        assert change(me).status_code == 404
    assert fresh(reader).check_password(PASSWORD)


def test_one_revokes_a_token_of_ones_own_and_no_other(me: Client, reader: Persona, writer: Persona) -> None:
    for persona in (reader, writer):
        token = ApiToken.objects.get(membership__person=persona.person)
        me.post(f"/me/tokens/{token.pk}/revoke")

    living = ApiToken.objects.filter(revoked_at=None)
    assert [token.membership.person for token in living] == [writer.person]
