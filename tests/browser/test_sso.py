"""Single sign-on as somebody sees it: Chromium, our pages under their policy, and real providers."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import Identity
from apps.accounts.sso import registry
from apps.orgs.models import Membership
from tests.factories import PASSWORD, Persona
from tests.fixtures.browser import Visit, Visitor
from tests.fixtures.forger import Forger
from tests.fixtures.sso import Idp

HEALTH = re.compile(r"/platform/health$")


@pytest.fixture
def pair(idps_behind_the_pages: tuple[Idp, Idp]) -> Iterator[tuple[Idp, Idp]]:
    for idp in idps_behind_the_pages:
        idp.forgets_everybody()
    registry.directory.forget()
    with override_settings(SSO_PROVIDERS=tuple(idp.provider for idp in idps_behind_the_pages)):
        yield idps_behind_the_pages


@pytest.fixture
def idp(pair: tuple[Idp, Idp]) -> Idp:
    return pair[0]


def choose(page: Page, name: str = "Demo SSO") -> None:
    page.get_by_role("link", name=f"Sign in with {name}").click()


def log_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def sign_in(visitor: Visitor, email: str, *, provider: str = "Demo SSO") -> Page:
    page = visitor.go("/platform/health")
    choose(page, provider)
    log_in(page, email)
    expect(page).to_have_url(HEALTH)
    return page


def told(page: Page, code: str) -> None:
    """A page of ours with the code on it, and a way on."""
    expect(page.locator("dd code").first).to_have_text(code)
    expect(page.get_by_role("link", name="Go to Home")).to_be_visible()


def session_of(page: Page) -> SessionBase:
    key = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "trace_session")
    store: SessionBase = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return store


def let_pass(page: Page, minutes: int) -> None:
    session = session_of(page)
    session["sso"] |= {"checked_at": (timezone.now() - timedelta(minutes=minutes)).isoformat()}
    session.save()


def test_signing_in_at_the_provider_leads_to_the_page_that_was_asked_for(visit: Visit, idp: Idp, member: Persona) -> None:
    page = visit().go("/platform/health")
    choose(page)
    log_in(page, member.person.email)

    expect(page).to_have_url(HEALTH)
    expect(page.get_by_role("button", name=re.compile("theme and sign out"))).to_be_visible()


def test_the_sign_in_page_offers_every_provider_beside_the_password(visit: Visit, pair: tuple[Idp, Idp]) -> None:
    visitor = visit()
    page = visitor.go("/sign-in")

    expect(page.get_by_label("Password")).to_be_visible()
    for name in ("Demo SSO", "Partner SSO"):
        expect(page.get_by_role("link", name=f"Sign in with {name}")).to_be_visible()
    assert visitor.axe() == []


def test_two_providers_know_the_same_person_in_one_journey(visit: Visit, pair: tuple[Idp, Idp], reader: Persona) -> None:
    for idp in pair:
        idp.knows(reader.person)
    visitor = visit()
    for name in ("Demo SSO", "Partner SSO"):
        page = sign_in(visitor, reader.person.email, provider=name)
        sign_out(page)

    assert {identity.provider for identity in Identity.objects.filter(person=reader.person)} == {"demo", "partner"}


def test_signing_out_ends_the_session_at_the_provider_too(visit: Visit, idp: Idp, member: Persona) -> None:
    page = sign_in(visit(), member.person.email)
    sign_out(page)
    choose(page)

    expect(page.get_by_label("E-mail")).to_be_visible()


def test_without_signing_out_the_provider_does_not_ask_again(visit: Visit, idp: Idp, member: Persona) -> None:
    page = sign_in(visit(), member.person.email)
    page.context.clear_cookies(name="trace_session")
    page.goto("/platform/health")
    choose(page)

    expect(page).to_have_url(HEALTH)


def test_somebody_whom_nobody_let_in_reads_what_to_do(visit: Visit, idp: Idp) -> None:
    idp.knows("nobody@trace.example")
    visitor = visit()
    visitor.expect("/sso/demo/callback", 403)
    page = visitor.go("/sign-in")
    choose(page)
    log_in(page, "nobody@trace.example")

    told(page, "sso_unknown_person")
    expect(page.get_by_text("Ask an admin of your org for an invitation")).to_be_visible()
    assert visitor.axe() == []


def test_an_unverified_address_is_refused(visit: Visit, idp: Idp, reader: Persona) -> None:
    idp.knows(reader.person, email_verified=False)
    visitor = visit()
    visitor.expect("/sso/demo/callback", 403)
    page = visitor.go("/sign-in")
    choose(page)
    log_in(page, reader.person.email)

    told(page, "sso_unverified_email")


def test_a_removed_member_loses_access_at_once(visit: Visit, idp: Idp, member: Persona) -> None:
    visitor = visit()
    sign_in(visitor, member.person.email)
    visitor.go(f"/o/{member.org.slug}/")
    Membership.objects.filter(person=member.person).delete()

    visitor.go(f"/o/{member.org.slug}/", status=404)


def test_an_answer_that_is_replayed_is_refused(visit: Visit, idp: Idp, member: Persona) -> None:
    visitor = visit()
    page = sign_in(visitor, member.person.email)
    answer = next(response.url for response in visitor.responses if "/sso/demo/callback" in response.url)
    visitor.expect("/sso/demo/callback", 400)
    page.goto(answer)

    told(page, "sso_state")


def test_rotated_keys_are_found(visit: Visit, idp: Idp, member: Persona) -> None:
    sign_in(visit(), member.person.email)
    idp.restart(new_keys=True)

    sign_in(visit(), member.person.email)


def test_a_provider_that_is_down_is_a_page_with_a_way_on(visit: Visit, idp: Idp, member: Persona) -> None:
    visitor = visit()
    visitor.expect("/sso/demo/start", 503)
    page = visitor.go("/platform/health")
    idp.stop()
    try:
        choose(page)
        told(page, "sso_provider_down")
    finally:
        idp.start()
    choose(page)
    log_in(page, member.person.email)

    expect(page).to_have_url(re.compile(r"/o/[\w-]+/$"))


def test_a_page_that_polls_is_checked_silently_and_comes_back(visit: Visit, idp: Idp, member: Persona) -> None:
    page = sign_in(visit(), member.person.email)
    let_pass(page, 16)
    with page.expect_response(re.compile("/sso/demo/callback"), timeout=20_000):
        pass  # the next poll of the page moves it to the provider and back

    expect(page).to_have_url(HEALTH)
    checked_at = session_of(page)["sso"]["checked_at"]
    assert checked_at > (timezone.now() - timedelta(minutes=1)).isoformat()


def test_a_page_that_polls_says_so_when_the_provider_ended_the_session(visit: Visit, idp: Idp, member: Persona) -> None:
    visitor = visit()
    page = sign_in(visitor, member.person.email)
    idp.restart()
    visitor.expect("/sso/demo/callback", 401)
    let_pass(page, 16)

    expect(page.locator("dd code").first).to_have_text("sso_expired", timeout=20_000)
    choose(page)
    log_in(page, member.person.email)
    expect(page).to_have_url(HEALTH)


NOW = int(time.time())


@pytest.mark.parametrize(("forged", "words"), [
    ({"aud": "another-client"}, "made for somebody else"),
    ({"iss": "https://elsewhere.example"}, "issued by somebody else"),
    ({"exp": NOW - 60}, "has expired"),
    ({"nonce": "another"}, "its nonce is another"),
    ({"nonce": None}, "its nonce is another"),
    ({"headers": {"kid": "unknown"}}, "does not publish"),
])  # fmt: skip
def test_a_forged_token_is_refused_with_what_is_wrong(
    visit: Visit, forger: Forger, reader: Persona, forged: dict[str, Any], words: str
) -> None:
    forger.forged = {"email": reader.person.email} | forged
    visitor = visit()
    visitor.expect("/sso/forger/callback", 403)
    page = visitor.go("/sign-in")
    choose(page, "Forger")

    told(page, "sso_refused")
    expect(page.get_by_text(words)).to_be_visible()
    page.goto("/platform/health")
    expect(page).to_have_url(re.compile("/sign-in"))


def sign_out(page: Page) -> None:
    page.get_by_role("button", name=re.compile("theme and sign out")).click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(re.compile(r"/sign-in$"))
    expect(page.get_by_role("link", name="Sign in with Demo SSO")).to_be_visible()
