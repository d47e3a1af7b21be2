"""Forms and tables of the admin pages as somebody meets them: refused, unsaved, and in a narrow window."""

from __future__ import annotations

from playwright.sync_api import Dialog, ViewportSize, expect

from tests.factories import Persona
from tests.fixtures.browser import Visit

NARROW: ViewportSize = {"width": 390, "height": 800}


def test_after_a_refusal_the_typing_goes_on_where_it_is_wrong(visit: Visit, admin: Persona) -> None:
    visitor = visit(admin)
    page = visitor.go(f"/o/{admin.org.slug}/admin")
    visitor.expect(f"/o/{admin.org.slug}/admin/members/invite", 422)
    page.get_by_label("E-mail").fill("nobody")
    page.get_by_role("button", name="Invite").click()

    expect(page.get_by_label("E-mail")).to_be_focused()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")
    expect(page).to_have_title(f"Error: Members · {admin.org.name} · Trace")


def test_saving_one_row_asks_before_it_loses_what_is_typed_in_another(
    visit: Visit, admin: Persona, reader: Persona, writer: Persona
) -> None:
    page = visit(admin).go(f"/o/{admin.org.slug}/admin")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.get_by_label(f"Role of {reader.person.name}").select_option("writer")
    page.locator(f"#member-{writer.person.pk}").get_by_role("button", name="Save").click()
    assert asked == ["beforeunload"]

    page.locator(f"#member-{reader.person.pk}").get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("is writer now")
    assert asked == ["beforeunload"]


def test_in_a_narrow_window_nothing_lies_beyond_the_edge(visit: Visit, admin: Persona, reader: Persona) -> None:
    page = visit(admin).go(f"/o/{admin.org.slug}/admin/audit")
    page.set_viewport_size(NARROW)
    for path in ("", "/tokens", "/audit", "/roles", "/pii/columns"):
        page.goto(f"/o/{admin.org.slug}/admin{path}")
        expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)
        assert page.evaluate("() => document.documentElement.scrollWidth") <= NARROW["width"]
        assert page.evaluate(
            "() => [...document.querySelectorAll('.scroll')].every(one => one.scrollWidth <= one.clientWidth)"
        ), path
