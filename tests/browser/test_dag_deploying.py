"""A text on its way to a version: draft, plan, diff, deploy."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from apps.dags.models import Dag, Draft
from tests.browser.dags import TEXT, deploy, line_of, text_of, type_at_end_of
from tests.factories import Persona, make_persona
from tests.fixtures.browser import Visitor


def test_a_draft_is_saved_and_found_again(editor: Visitor, writer: Persona) -> None:
    page = editor.page
    type_at_end_of(page, 2, " More.")
    expect(page.locator("[data-part=draft]")).to_have_text("not saved")
    page.keyboard.press("Control+s")
    expect(page.locator("[data-part=draft] time")).to_be_visible()

    page.reload()
    expect(line_of(page, 2)).to_contain_text("More.")
    assert Draft.objects.get(person=writer.person).yaml.splitlines()[1] == "# Kept by every edit of the graph. More."


def test_text_that_never_reached_the_server_is_offered_after_a_crash(editor: Visitor) -> None:
    page = editor.page
    type_at_end_of(page, 2, " Typed here.")
    expect(page.locator("[data-part=draft]")).to_have_text("not saved")
    page.reload()
    dialog = page.get_by_role("dialog", name="This browser has text that the server does not")
    expect(dialog.locator(".cm-changedLine")).to_contain_text("Typed here.")
    assert "Typed here." not in text_of(page)

    dialog.get_by_role("button", name="Use this browser’s").click()
    expect(line_of(page, 2)).to_contain_text("Typed here.")


def test_text_of_this_browser_that_nobody_goes_on_with_is_kept_among_the_drafts(editor: Visitor, writer: Persona) -> None:
    page = editor.page
    type_at_end_of(page, 2, " Typed here.")
    expect(page.locator("[data-part=draft]")).to_have_text("not saved")
    page.reload()
    with page.expect_response(re.compile("/dags/-/draft$")):
        page.get_by_role("button", name="Use the server’s").click()

    assert "Typed here." in Draft.objects.get(person=writer.person).yaml
    assert "Typed here." not in text_of(page)


def test_a_deployed_text_leads_to_its_version(editor: Visitor, writer: Persona) -> None:
    page = editor.page
    type_at_end_of(page, 2, " Second.")
    page.get_by_role("button", name="Deploy …").click()
    page.get_by_role("button", name="Deploy this text").click()
    page.get_by_role("link", name="Activate version 2 …").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("version 2")
    expect(page.get_by_role("dialog", name="Activate version 2?")).to_be_visible()
    assert "Second." in Dag.objects.get(org=writer.org).versions.get(number=2).yaml


def test_two_changes_of_one_version_are_shown_and_merged_never_written_over(editor: Visitor, writer: Persona) -> None:
    page = editor.page
    colleague = make_persona("writer", org=writer.org)
    deploy(colleague, TEXT.replace("chunk_size: 100", "chunk_size: 50"))
    type_at_end_of(page, 2, " Mine.")
    editor.expect(f"/o/{writer.org.slug}/dags/-/deploy", 409)
    page.get_by_role("button", name="Deploy …").click()
    page.get_by_role("button", name="Deploy this text").click()
    dialog = page.get_by_role("dialog", name="Somebody deployed in between")
    expect(dialog.get_by_role("textbox", name="Their change")).to_contain_text("chunk_size: 50")
    expect(dialog.get_by_role("textbox", name="Your change")).to_contain_text("Mine.")
    assert editor.axe() == []

    dialog.get_by_role("button", name="Merge both").click()
    assert "Mine." in text_of(page)
    assert "chunk_size: 50" in text_of(page)
    assert Dag.objects.get(org=writer.org).versions.count() == 2
    page.get_by_role("button", name="Deploy …").click()
    page.get_by_role("button", name="Deploy this text").click()
    page.get_by_role("link", name="Activate version 3 …").wait_for()


def collide(editor: Visitor, writer: Persona) -> Page:
    """Two places that both changed, and one that only the colleague did."""
    page = editor.page
    theirs = (
        TEXT.replace("chunk_size: 100", "chunk_size: 50")
        .replace("# Kept", "# Theirs, kept")
        .replace("range_size: 1000", "range_size: 7")
    )
    deploy(make_persona("writer", org=writer.org), theirs)
    type_at_end_of(page, 2, " Mine.")
    type_at_end_of(page, 29, " # Mine, too.")
    editor.expect(f"/o/{writer.org.slug}/dags/-/deploy", 409)
    page.get_by_role("button", name="Deploy …").click()
    page.get_by_role("button", name="Deploy this text").click()
    page.get_by_role("dialog", name="Somebody deployed in between").wait_for()
    return page


def test_where_both_changed_the_same_lines_somebody_chooses_place_by_place(editor: Visitor, writer: Persona) -> None:
    page = collide(editor, writer)
    go = page.get_by_role("button", name="Merge as chosen")
    first, second = page.get_by_role("region", name="Line 2", exact=True), page.get_by_role("region", name="Line 29")
    expect(first.get_by_role("group")).to_have_text(
        [
            "# Kept by every edit of the graph.\n",
            "# Theirs, kept by every edit of the graph.\n",
            "# Kept by every edit of the graph. Mine.\n",
        ]
    )
    expect(go).to_be_disabled()
    first.get_by_role("button", name="Take theirs").click()
    expect(go).to_be_disabled()
    second.get_by_role("button", name="Take mine").click()
    assert editor.axe() == []
    go.click()

    merged = TEXT.replace("# Kept", "# Theirs, kept").replace("range_size: 1000", "range_size: 7")
    assert text_of(page) == merged.replace("chunk_size: 100 }", "chunk_size: 100 } # Mine, too.")


def test_plan_and_diff_are_those_of_the_text(editor: Visitor) -> None:
    page = editor.page
    type_at_end_of(page, 2, " Different.")
    page.get_by_role("tab", name="Plan").click()
    expect(page.locator("#plan")).to_contain_text("ask")

    page.get_by_role("tab", name="Diff").click()
    expect(page.locator(".dag-diff .cm-changedLine").first).to_be_visible()
    page.reload()
    expect(page.get_by_role("tab", name="Diff")).to_have_attribute("aria-selected", "true")


def test_an_open_plan_and_an_open_diff_follow_the_text(editor: Visitor) -> None:
    page = editor.page
    page.get_by_role("tab", name="Plan").click()
    expect(page.locator("[data-part=plan]")).to_contain_text("collect")
    type_at_end_of(page, 4, "ew")
    expect(page.locator("[data-part=plan]")).to_contain_text("The document has 1 problem.")

    page.get_by_role("tab", name="Diff").click()
    expect(page.locator(".dag-diff .cm-changedLine").first).to_be_visible()
    type_at_end_of(page, 2, " Later.")
    expect(page.locator(".dag-diff .cm-content")).to_contain_text("Later.")


def test_a_text_with_problems_leads_to_them_and_not_to_a_deploy(editor: Visitor) -> None:
    page = editor.page
    type_at_end_of(page, 7, "x")
    page.get_by_role("button", name="Deploy …").click()

    expect(page.get_by_role("list", name="Problems").get_by_role("button")).to_have_count(1)
    expect(page.locator("#dag-deploy")).to_be_hidden()
