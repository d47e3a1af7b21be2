"""An org is run from the browser: somebody is invited, given a role, granted a thing, and loses it all again."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from apps.audit.models import Record
from apps.orgs.models import Invitation, Membership
from tests.factories import Persona
from tests.fixtures.browser import Visit
from tests.grantable.models import Paper, PaperGrant

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("vault")]


def note(page: Page) -> str:
    return page.get_by_role("status").first.inner_text()


def test_an_admin_invites_withdraws_and_removes(visit: Visit, admin: Persona, reader: Persona) -> None:
    page = visit(admin).go(f"/o/{admin.org.slug}/admin")
    page.get_by_label("E-mail").fill("New@Elsewhere.example")
    page.get_by_role("button", name="Invite").click()
    assert "new@elsewhere.example is invited" in note(page)

    page.get_by_role("button", name="Withdraw").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    assert "is withdrawn" in note(page)
    assert not Invitation.objects.filter(revoked_at=None).exists()

    row = page.locator(f"#member-{reader.person.pk}")
    row.get_by_role("button", name="Remove").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("loses every page")
    dialog.get_by_role("button", name=re.compile("^Remove from")).click()
    assert "no longer a member" in note(page)
    assert not Membership.objects.filter(person=reader.person).exists()


def test_whoever_is_removed_is_out_with_the_next_click(visit: Visit, admin: Persona, reader: Persona) -> None:
    theirs = visit(reader)
    theirs.go(f"/o/{reader.org.slug}/admin")
    page = visit(admin).go(f"/o/{admin.org.slug}/admin")
    page.locator(f"#member-{reader.person.pk}").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Remove from")).click()
    expect(page.get_by_role("status").first).to_be_visible()

    theirs.go(f"/o/{reader.org.slug}/admin", status=404)


def test_the_only_admin_is_told_why_not(visit: Visit, admin: Persona) -> None:
    page = visit(admin).go(f"/o/{admin.org.slug}/admin")
    page.locator(f"#member-{admin.person.pk}").get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Remove from")).click()

    assert "make somebody else admin first" in note(page)
    assert Membership.objects.filter(person=admin.person).exists()


def test_a_role_is_made_held_granted_to_and_revoked(visit: Visit, admin: Persona, reader: Persona) -> None:
    Paper.objects.create(org=admin.org, title="Mempool", visibility="private")
    page = visit(admin).go(f"/o/{admin.org.slug}/admin/roles")
    page.get_by_label("Slug").fill("finance")
    page.get_by_role("button", name="Make role").click()
    assert "a role finance now" in note(page)

    page.get_by_role("link", name="Members").click()
    row = page.locator(f"#member-{reader.person.pk}")
    row.get_by_label("finance").check()
    row.get_by_role("button", name="Save").click()
    expect(page.locator(f"#member-{reader.person.pk}").get_by_label("finance")).to_be_checked()

    page.get_by_role("link", name="Grants").click()
    page.get_by_label("To", exact=True).select_option("role")
    page.get_by_label("Who", exact=True).fill("finance")
    page.get_by_label("What for").fill("month-end figures")
    page.get_by_role("button", name="Grant", exact=True).click()
    assert "Mempool is granted to finance" in note(page)

    page.get_by_role("button", name="Revoke").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("month-end figures")
    dialog.get_by_role("button", name="Revoke", exact=True).click()
    assert "no longer granted" in note(page)
    assert PaperGrant.objects.get().revoked_at is not None


def test_a_secret_is_written_rotated_and_never_shown(visit: Visit, writer: Persona) -> None:
    page = visit(writer).go(f"/o/{writer.org.slug}/admin/secrets")
    for value in ("first-value-of-the-key", "second-value-of-the-key"):
        page.get_by_label("Name").fill("RPC_KEY")
        page.get_by_label("Value", exact=True).fill(value)
        page.get_by_role("button", name="Write", exact=True).click()
        expect(page.get_by_role("status").first).to_be_visible()

    expect(page.get_by_role("row", name=re.compile("RPC_KEY"))).to_contain_text("2")
    assert "value-of-the-key" not in page.content()


def test_what_was_done_is_in_the_log_and_can_be_searched(visit: Visit, admin: Persona) -> None:
    visitor = visit(admin)
    page = visitor.go(f"/o/{admin.org.slug}/admin/roles")
    page.get_by_label("Slug").fill("finance")
    page.get_by_role("button", name="Make role").click()
    page.get_by_role("link", name="Audit log").click()
    page.get_by_label("Action begins with").fill("role.")
    page.get_by_role("button", name="Filter").click()

    expect(page.get_by_role("cell", name="role.create")).to_be_visible()
    assert Record.objects.get(action="role.create").actor_id == admin.person.pk
