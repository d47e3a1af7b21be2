"""What the frame does for every page: theme without a flash, copying, menus, the drawer."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.factories import PASSWORD, Persona, make_membership, make_org
from tests.fixtures.browser import Visit


def test_signing_in_leads_to_the_page_that_was_asked_for(visit: Visit, reader: Persona) -> None:
    visitor = visit()
    page = visitor.go("/platform/health")
    page.get_by_label("E-mail").fill(reader.person.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page).to_have_url(re.compile(r"/platform/health$"))


def test_the_theme_is_in_the_first_html(visit: Visit, reader: Persona) -> None:
    visitor = visit(reader, theme="dark")
    visitor.go(f"/o/{reader.org.slug}/")

    assert '<html lang="en" data-theme="dark">' in visitor.responses[0].text()


def test_without_a_choice_the_theme_is_the_systems(visit: Visit, reader: Persona) -> None:
    page = visit(reader, theme="", color_scheme="dark").go(f"/o/{reader.org.slug}/")

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 19, 23)"


def test_the_theme_is_chosen_in_the_persons_menu(visit: Visit, reader: Persona) -> None:
    page = visit(reader).go("/platform/health")
    page.get_by_role("button", name=re.compile("theme and sign out")).click()
    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page).to_have_url(re.compile(r"/platform/health$"))


def test_the_org_switcher_leads_to_another_org(visit: Visit, reader: Persona) -> None:
    other = make_org("Other research")
    make_membership(other, reader.person)
    page = visit(reader).go(f"/o/{reader.org.slug}/")
    page.get_by_role("button", name=re.compile("Switch org")).click()
    page.get_by_role("link", name="Other research").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Other research")


def test_copying_says_so_and_copies_the_whole_value(visit: Visit) -> None:
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    page = visitor.go("/no/such/page", status=404)
    shown = page.locator("dd code").nth(1).inner_text()
    page.get_by_role("button", name="Copy request id").click()

    expect(page.locator("#announcements")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == shown


def test_motion_stops_for_those_who_ask(visit: Visit, reader: Persona) -> None:
    page = visit(reader, reduced_motion="reduce").go("/gallery/")

    assert page.evaluate("getComputedStyle(document.querySelector('[aria-busy] .spinner')).animationIterationCount") == "1"


def test_the_drawer_closes_with_escape(visit: Visit, reader: Persona) -> None:
    page = visit(reader, width=320).go(f"/o/{reader.org.slug}/")
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_role("link", name="Catalog")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Catalog")).to_be_hidden()
