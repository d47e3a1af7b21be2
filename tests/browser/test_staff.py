"""The pages of platform staff and Django's admin: accessible, in both themes, and within the policy of every page."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from apps.accounts.models import Identity
from apps.audit.domain import Actor
from apps.orgs import services
from apps.orgs.models import Org
from apps.orgs.services import verify_domain
from tests.factories import NOON, Persona, make_membership, make_org, make_person
from tests.fixtures.browser import Visit

both_themes = pytest.mark.parametrize("theme", ["light", "dark"])
BY = Actor.system("tests")
TABLES = "/platform/django/"


def pages(persona: Persona) -> list[str]:
    return ["orgs", f"orgs/{persona.org.slug}", "people", f"people/{persona.person.pk}", "audit"]


def fill(org: Org) -> None:
    for n in range(60):
        make_membership(make_org(f"Lab {n}"), make_person(f"Somebody {n}"))
    verify_domain(org, domain="trace.example", role="reader", by=BY, now=NOON)
    for n in range(60):
        services.rename_org(org, name=f"Research {n}", by=BY)


@both_themes
@pytest.mark.parametrize("is_full", [False, True], ids=["little", "much"])
def test_the_pages_are_accessible(visit: Visit, staff: Persona, reader: Persona, is_full: bool, theme: str) -> None:
    Identity.objects.create(person=reader.person, provider="demo", issuer="https://i.example", subject="subject-of-1")
    if is_full:
        fill(staff.org)
    visitor = visit(staff, theme=theme)
    for page in [*pages(staff), f"people/{reader.person.pk}", f"orgs/{make_org('Orphaned').slug}"]:
        visitor.go(f"/platform/{page}")
        assert visitor.axe() == [], page


@both_themes
def test_the_questions_before_a_change_are_accessible(visit: Visit, staff: Persona, reader: Persona, theme: str) -> None:
    verify_domain(staff.org, domain="trace.example", role="reader", by=BY, now=NOON)
    visitor = visit(staff, theme=theme)
    for page, button in ((f"people/{reader.person.pk}", "Switch off"), (f"orgs/{staff.org.slug}", "Remove")):
        visitor.go(f"/platform/{page}").get_by_role("button", name=button).click()
        visitor.page.get_by_role("dialog").wait_for()
        assert visitor.axe() == [], page


@pytest.mark.parametrize("width", [320, 768])
def test_no_page_scrolls_sideways(visit: Visit, staff: Persona, width: int) -> None:
    fill(staff.org)
    visitor = visit(staff, width=width)
    for page in pages(staff):
        shown = visitor.go(f"/platform/{page}")
        assert shown.evaluate("document.documentElement.scrollWidth") <= width, page


def test_an_account_is_switched_off_after_a_question(visit: Visit, staff: Persona, reader: Persona) -> None:
    theirs = visit(reader)
    theirs.go(f"/o/{reader.org.slug}/")
    page = visit(staff).go(f"/platform/people?q={reader.person.email}")
    page.get_by_role("link", name=reader.person.name).click()
    page.get_by_role("button", name="Switch off").click()
    page.get_by_role("dialog").get_by_role("button", name="Switch off").click()

    expect(page.get_by_role("status").filter(has_text="is switched off")).to_be_visible()
    expect(theirs.go(f"/o/{reader.org.slug}/")).to_have_url(re.compile("/sign-in"))


def test_the_tables_work_within_the_policy_of_every_page(visit: Visit, staff: Persona) -> None:
    """The trap of `visit` fails this test at a violation, an error of a script, or a file that is not served."""
    visitor = visit(staff)
    page = visitor.go(f"/o/{staff.org.slug}/")
    page.get_by_role("link", name="Platform", exact=True).click()
    page.get_by_role("link", name="Tables").click()
    page.get_by_role("link", name="People", exact=True).click()
    page.locator("#searchbar").fill(staff.person.email)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=staff.person.email).click()

    expect(page.get_by_text("Is platform staff", exact=False)).to_be_visible()
    assert page.get_by_role("button", name="Save").count() == 0
    assert page.evaluate("getComputedStyle(document.querySelector('#header')).display") == "flex"
    assert {"stylesheet", "script"} <= {
        response.request.resource_type for response in visitor.responses if "/admin/" in response.url
    }


def test_every_table_opens_within_the_policy(visit: Visit, staff: Persona) -> None:
    visitor = visit(staff)
    page = visitor.go(TABLES)
    for address in page.eval_on_selector_all("th a", "links => links.map(link => link.getAttribute('href'))"):
        visitor.go(address).wait_for_load_state("networkidle")


def test_the_tables_have_their_own_switch_of_the_theme(visit: Visit, staff: Persona) -> None:
    page = visit(staff).go(TABLES)
    before = page.evaluate("document.documentElement.dataset.theme")
    page.get_by_role("button", name=re.compile("Toggle theme")).click()

    assert page.evaluate("document.documentElement.dataset.theme") != before


def test_the_tables_lead_back(visit: Visit, staff: Persona) -> None:
    page = visit(staff).go(TABLES)
    page.get_by_role("link", name="Back to Trace").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Platform")
