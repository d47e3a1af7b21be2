"""Signing in on a laptop, the demo people, and the theme."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings

from apps.orgs import services as orgs
from apps.orgs.models import Membership
from tests.factories import NOON, PASSWORD, Persona

pytestmark = pytest.mark.django_db


@pytest.fixture
def demo(reader: Persona) -> Persona:
    membership = Membership.objects.get(person=reader.person)
    orgs.ensure_api_token(membership, name="demo", token="trace_pat_secret-of-the-demo", now=NOON)
    return reader


def test_the_right_password_signs_in(client: Client, reader: Persona) -> None:
    response = client.post("/sign-in", {"email": reader.person.email, "password": PASSWORD}, follow=True)

    assert response.redirect_chain == [("/", 302), (f"/o/{reader.org.slug}/", 302)]


def test_a_wrong_password_says_no_more_than_that(client: Client, reader: Persona) -> None:
    wrong = client.post("/sign-in", {"email": reader.person.email, "password": "wrong"})
    unknown = client.post("/sign-in", {"email": "nobody@trace.example", "password": "wrong"})

    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert "do not belong together" in wrong.text
    assert "do not belong together" in unknown.text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:go()"])
def test_signing_in_never_leads_to_another_site(client: Client, reader: Persona, target: str) -> None:
    response = client.post("/sign-in", {"email": reader.person.email, "password": PASSWORD, "next": target})

    assert response.headers["Location"] == "/"


def test_the_demo_people_are_named_and_their_passwords_are_not(client: Client, demo: Persona) -> None:
    shown = client.get("/sign-in").text

    assert demo.person.email in shown
    assert "stack.json" in shown
    assert PASSWORD not in shown
    assert "secret-of-the-demo" not in shown


def test_choosing_a_demo_person_fills_in_the_address(client: Client, demo: Persona) -> None:
    assert f'value="{demo.person.email}"' in client.get("/sign-in", {"email": demo.person.email}).text


def test_the_typing_begins_where_something_is_missing(client: Client, demo: Persona) -> None:
    assert re.search(r'<input[^>]*name="email"[^>]*autofocus', client.get("/sign-in").text)
    assert re.search(r'<input[^>]*name="password"[^>]*autofocus', client.get("/sign-in", {"email": demo.person.email}).text)
    wrong = client.post("/sign-in", {"email": demo.person.email, "password": "wrong"}).text
    assert re.search(r'<input[^>]*name="password"[^>]*autofocus', wrong) and wrong.count("autofocus") == 1


@pytest.mark.parametrize("change", [{"demo": False}, {"local_login": False}])
def test_without_a_demo_nobody_is_named(client: Client, demo: Persona, change: dict[str, Any]) -> None:
    with override_settings(CONFIG=replace(settings.CONFIG, **change)):
        assert demo.person.email not in client.get("/sign-in").text


def test_without_password_login_there_is_no_password_field(client: Client) -> None:
    with override_settings(CONFIG=replace(settings.CONFIG, local_login=False)):
        assert 'type="password"' not in client.get("/sign-in").text


def test_signing_out_needs_a_post(signed_in: Client) -> None:
    assert signed_in.get("/sign-out").headers["Location"] == "/"
    assert signed_in.post("/sign-out").headers["Location"] == "/sign-in"
    assert signed_in.get("/").headers["Location"] == "/sign-in?next=/"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_is_kept_in_a_cookie_and_rendered(client: Client, theme: str) -> None:
    client.post("/theme", {"theme": theme, "next": "/sign-in"})

    assert f'data-theme="{theme}"' in client.get("/sign-in").text


def test_the_systems_theme_forgets_the_choice(client: Client) -> None:
    client.post("/theme", {"theme": "dark"})
    client.post("/theme", {"theme": ""})

    assert "data-theme" not in client.get("/sign-in").text


def test_a_cookie_that_somebody_made_up_is_not_rendered(client: Client) -> None:
    client.cookies["trace_theme"] = '"><script>go()</script>'

    assert "data-theme" not in client.get("/sign-in").text
