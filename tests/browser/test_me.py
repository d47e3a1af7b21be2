"""The profile as somebody uses it, in one browser and in two."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.accounts.models import BrowserSession, Identity, Person
from apps.audit.domain import Actor
from apps.orgs import services
from tests.factories import PASSWORD, Persona, make_org
from tests.fixtures.browser import Visit

both_themes = pytest.mark.parametrize("theme", ["light", "dark"])
SIGN_IN = re.compile(r"/sign-in\?next=")
SWITCH = "#profile-letter-keys"


@pytest.fixture
def filled(reader: Persona) -> Persona:
    """Somebody with something in every part of the page."""
    BrowserSession.objects.create(person=reader.person, provider="demo", browser="Firefox on Linux", address="10.0.0.9")
    Identity.objects.create(person=reader.person, provider="demo", issuer="https://sso", subject="s", email=reader.person.email)
    services.invite(
        make_org("Inviting org"), email=reader.person.email, role="writer", by=Actor.system("tests"), now=timezone.now()
    )
    return reader


def switch_letters(page: Page, *, on: bool) -> None:
    page.locator(SWITCH).set_checked(on)
    expect(page.locator("#announcements")).to_have_text(f"Single-letter keys are {'on' if on else 'off'}.")


@both_themes
@pytest.mark.parametrize("width", [1440, 320])
def test_the_page_is_accessible_and_fits(visit: Visit, filled: Persona, theme: str, width: int) -> None:
    visitor = visit(filled, theme=theme, width=width)
    page = visitor.go("/me")

    assert visitor.axe() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@both_themes
def test_what_is_wrong_with_a_password_is_accessible(visit: Visit, filled: Persona, theme: str) -> None:
    visitor = visit(filled, theme=theme)
    visitor.expect("/me/password", 422)
    page = visitor.go("/me")
    page.get_by_label("Password until now").fill("wrong")
    page.get_by_label("New password", exact=True).fill("quite another password")
    page.get_by_label("New password again").fill("quite another password")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("This is not your password")).to_be_visible()

    assert visitor.axe() == []


@both_themes
def test_an_invitation_on_home_is_accessible(visit: Visit, filled: Persona, theme: str) -> None:
    visitor = visit(filled, theme=theme)
    page = visitor.go(f"/o/{filled.org.slug}/")
    expect(page.get_by_role("button", name="Accept the invitation to Inviting org")).to_be_visible()

    assert visitor.axe() == []


@both_themes
def test_the_page_of_platform_staff_is_accessible(visit: Visit, staff: Persona, filled: Persona, theme: str) -> None:
    visitor = visit(staff, theme=theme)
    page = visitor.go(f"/platform/people/{filled.person.pk}")
    assert visitor.axe() == []
    page.get_by_role("button", name="Sign out everywhere").click()
    page.get_by_role("dialog").wait_for()

    assert visitor.axe() == []


def test_signing_out_another_browser_ends_it_at_its_next_step(visit: Visit, reader: Persona) -> None:
    here, there = visit(reader).go("/me"), visit(reader).go("/me")
    here.reload()
    here.get_by_role("button", name=re.compile("^Sign out Tests")).click()
    expect(here.get_by_text("Tests is signed out.")).to_be_visible()
    there.get_by_role("link", name="Platform health").first.click()

    expect(there).to_have_url(SIGN_IN)
    here.reload()
    expect(here.get_by_text("This one")).to_be_visible()


def test_a_page_that_polls_in_an_ended_session_leads_to_the_sign_in(visit: Visit, reader: Persona) -> None:
    page = visit(reader).go("/platform/health")
    BrowserSession.objects.all().delete()

    expect(page).to_have_url(SIGN_IN, timeout=15_000)


def test_g_and_a_letter_go_nowhere_once_letters_are_off_and_go_again(visit: Visit, reader: Persona) -> None:
    visitor = visit(reader)
    page = visitor.go("/me")
    switch_letters(page, on=False)
    page.locator("h1").click()
    page.keyboard.type("gd?")
    # Nothing came of it: the palette, which opens by the same road, is there at once and alone.
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    expect(page.locator("#keys")).to_be_hidden()
    expect(page).to_have_url(re.compile("/me$"))

    page.keyboard.press("Escape")
    switch_letters(page, on=True)
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.type("gd")
    expect(page.get_by_role("heading", level=1)).to_have_text("DAGs")


def test_letters_that_are_off_are_off_in_every_browser(visit: Visit, reader: Persona) -> None:
    switch_letters(visit(reader).go("/me"), on=False)
    page = visit(reader).go("/me")

    expect(page.locator(SWITCH)).not_to_be_checked()
    page.keyboard.press("?")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    expect(page.locator("#keys")).to_be_hidden()


def test_a_switch_that_the_server_did_not_take_goes_back(visit: Visit, reader: Persona) -> None:
    visitor = visit(reader)
    page = visitor.go("/me")
    visitor.expect("/me/keys", 403)
    page.context.clear_cookies(name="trace_csrf")
    page.locator(SWITCH).click()

    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator(SWITCH)).to_be_checked()
    assert Person.objects.get(pk=reader.person.pk).letter_keys


def test_a_theme_chosen_in_one_browser_is_in_the_first_html_of_another(visit: Visit, reader: Persona) -> None:
    page = visit(reader).go("/me")
    page.get_by_role("main").get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    other = visit(reader, theme="light")
    other.go("/me")

    assert 'data-theme="dark"' in other.responses[0].text()


def test_a_new_password_keeps_this_browser_and_ends_the_other(visit: Visit, reader: Persona) -> None:
    here, there = visit(reader).go("/me"), visit(reader).go("/me")
    here.get_by_label("Password until now").fill(PASSWORD)
    here.get_by_label("New password", exact=True).fill("quite another password")
    here.get_by_label("New password again").fill("quite another password")
    here.get_by_role("button", name="Change password").click()
    expect(here.get_by_text("Your password is changed")).to_be_visible()
    there.reload()

    expect(there).to_have_url(SIGN_IN)


def test_an_invitation_is_accepted_from_home(visit: Visit, filled: Persona) -> None:
    page = visit(filled).go(f"/o/{filled.org.slug}/")
    page.get_by_role("button", name="Accept the invitation to Inviting org").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Inviting org")
    expect(page.get_by_text("You are a member of Inviting org now")).to_be_visible()
