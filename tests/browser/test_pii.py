"""Access to a column with personal data, as the two people who need each other see it."""

from __future__ import annotations

import re

from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.pii import services
from apps.pii.models import PiiGrant
from tests.apps.pii.makers import MORE_THAN_A_PAGE, PURPOSE, make_classified, make_more_than_a_page
from tests.factories import Persona, acting
from tests.fixtures.browser import Visit


def ask(page: Page) -> None:
    page.get_by_label("Columns", exact=True).fill("email")
    page.get_by_label("Purpose").fill(PURPOSE)
    page.get_by_role("button", name="Request access").click()
    expect(page.locator(".alert[role=status]")).to_contain_text("Asked for email of customers")


def explained(page: Page, org: str, *, whose: str = "") -> str:
    """What the page of explanations says of `email`."""
    page.goto(f"/o/{org}/admin/pii/access")
    page.get_by_label("Columns", exact=True).fill("email")
    if whose:
        page.get_by_label("For", exact=True).select_option(label=whose)
    page.get_by_role("button", name="Explain").click()
    return page.get_by_role("row", name="email").first.inner_text()


def test_a_reader_asks_an_admin_approves_and_later_revokes(visit: Visit, reader: Persona, admin: Persona) -> None:
    org = reader.org.slug
    make_classified(reader.org, "email", "phone")
    asking, deciding = visit(reader), visit(admin)
    name = f"{reader.person.name} ({reader.person.email})"
    assert "Masked" in explained(asking.page, org)

    asking.page.get_by_role("link", name="Request access").click()
    ask(asking.page)
    page = deciding.go(f"/o/{org}/admin/pii")
    page.get_by_role("button", name="Approve", exact=True).click()
    dialog = page.get_by_role("dialog", name=f"Let {reader.person.email} in?")
    expect(dialog).to_contain_text("sees email of customers in the clear")
    dialog.get_by_label("Note").fill("Case 12.")
    dialog.get_by_role("button", name=f"Approve as {admin.person.email}").click()
    expect(page.locator(".alert[role=status]")).to_contain_text("in the clear until")

    for answer in (explained(asking.page, org), explained(page, org, whose=name)):
        assert "Clear" in answer and PURPOSE in answer and admin.person.email in answer

    page.goto(f"/o/{org}/admin/pii")
    page.get_by_role("button", name="Revoke", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke the grant").click()
    expect(page.locator(".alert[role=status]")).to_contain_text("no longer sees")
    for answer in (explained(asking.page, org), explained(page, org, whose=name)):
        assert "Masked" in answer and "no living grant opens it" in answer


def test_the_only_admin_cannot_approve_their_own_request(visit: Visit, admin: Persona) -> None:
    make_classified(admin.org, "email")
    visitor = visit(admin)
    page = visitor.go(f"/o/{admin.org.slug}/admin/pii")
    ask(page)
    grant = PiiGrant.objects.get()
    row = page.locator(f"#grant-{grant.pk}")

    expect(row).to_contain_text("Another admin must decide.")
    expect(row.get_by_role("button", name="Approve")).to_have_count(0)
    # Whoever makes the button themself is told by the server.
    row.locator("form").evaluate("form => { form.action = form.action.replace('/withdraw', '/approve'); }")
    row.get_by_role("button", name="Withdraw").click()
    expect(page.locator(".alert[role=status]")).to_contain_text("another admin must decide on it")
    assert PiiGrant.objects.get().decision is None


def test_a_column_is_declassified_only_after_its_consequence_was_read(visit: Visit, admin: Persona) -> None:
    make_classified(admin.org, "email")
    page = visit(admin).go(f"/o/{admin.org.slug}/admin/pii/columns")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_role("dialog")).to_contain_text("sees email in the clear from the next query on")
    page.get_by_role("button", name="Declassify email").click()

    expect(page.locator(".alert[role=status]")).to_contain_text("no longer classified")
    expect(page).to_have_url(re.compile(r"/admin/pii/columns$"))


def test_each_list_turns_its_pages_and_leaves_the_others_where_they_are(visit: Visit, reader: Persona, admin: Persona) -> None:
    make_classified(admin.org, *MORE_THAN_A_PAGE)
    for grant in make_more_than_a_page(reader):
        services.approve(grant, by=acting(admin), now=timezone.now())
    make_more_than_a_page(reader)
    for theme in ("light", "dark"):
        visitor = visit(admin, theme=theme)
        page = visitor.go(f"/o/{admin.org.slug}/admin/pii")
        page.get_by_role("navigation", name="Pages of requests that wait").get_by_role("link", name="Older").click()
        page.get_by_role("navigation", name="Pages of living grants").get_by_role("link", name="Later").click()

        for name in ("requests that wait", "living grants"):
            expect(page.get_by_role("navigation", name=f"Pages of {name}")).to_contain_text("Page 2 of 2")
        assert visitor.axe() == []


def test_the_fields_of_a_job_are_there_with_that_choice_only(visit: Visit, admin: Persona) -> None:
    make_classified(admin.org, "email")
    page = visit(admin).go(f"/o/{admin.org.slug}/admin/pii")
    expect(page.get_by_label("DAG of the job")).to_be_hidden()

    page.get_by_label("For", exact=True).select_option("job")
    expect(page.get_by_label("DAG of the job")).to_be_visible()
