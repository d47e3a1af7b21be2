"""A draft that is in several places: on the server, in this browser, in another tab."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from apps.dags import services
from apps.dags.models import Draft
from tests.browser.dags import TEXT, deploy, expect_problems, line_of, node, opened, text_of, type_at_end_of
from tests.factories import Persona
from tests.fixtures.browser import Visit, Visitor

DRAFT = TEXT.replace("chunk_size: 100", "chunk_size: 77")
ADDRESS = re.compile(r"/dags/-/draft")
SAVED = "[data-part=draft] time"
# What storage says where somebody switched it off.
NO_STORAGE = """Object.defineProperty(window, "localStorage", {get: () => { throw new DOMException("off", "SecurityError"); }})"""


def save(persona: Persona, text: str = DRAFT) -> None:
    seen = Draft.objects.filter(person=persona.person, name="hot").first()
    at = seen.saved_at if seen else None
    services.save_draft(persona.org, persona.person, "hot", text, base=None, seen=at, now=timezone.now())


def saved_text(persona: Persona) -> str:
    return Draft.objects.get(person=persona.person, name="hot").yaml


def save_by_key(page: Page) -> None:
    page.keyboard.press("Control+s")


def visit_version(visit: Visit, writer: Persona) -> Visitor:
    deploy(writer)
    save(writer)
    visitor = visit(writer)
    visitor.page.on("dialog", lambda dialog: dialog.accept())
    visitor.go(f"/o/{writer.org.slug}/dags/hot/edit?version=1")
    expect(visitor.page.get_by_role("dialog", name="You have a draft").locator(".cm-changedLine")).to_contain_text("77")
    return visitor


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_question_about_a_draft_is_accessible(visit: Visit, writer: Persona, theme: str) -> None:
    deploy(writer)
    save(writer)
    visitor = visit(writer, theme=theme)
    visitor.go(f"/o/{writer.org.slug}/dags/hot/edit?version=1")
    visitor.page.get_by_role("dialog", name="You have a draft").locator(".cm-changedLine").wait_for()

    assert visitor.axe() == []


def test_to_edit_from_a_version_asks_about_the_draft_and_goes_on_with_it(visit: Visit, writer: Persona) -> None:
    page = visit_version(visit, writer).page
    page.get_by_role("button", name="Go on with the draft").click()

    assert text_of(page) == DRAFT
    assert "version=" not in page.url
    assert saved_text(writer) == DRAFT


def test_to_start_from_a_version_leaves_the_draft_as_it_is_and_makes_a_second(visit: Visit, writer: Persona) -> None:
    page = visit_version(visit, writer).page
    page.get_by_role("button", name="Start from version 1").click()
    type_at_end_of(page, 2, " From one.")
    save_by_key(page)
    page.locator(SAVED).wait_for()

    assert saved_text(writer) == DRAFT
    assert Draft.objects.exclude(name="hot").get().yaml == text_of(page)
    page.reload()
    expect(line_of(page, 2)).to_contain_text("From one.")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(f"/o/{writer.org.slug}/dags/hot")
    expect(page.get_by_text("What you typed is not deployed.").locator("..").get_by_role("link")).to_have_count(2)


def test_a_second_new_dag_leaves_the_draft_of_the_first_alone(visit: Visit, writer: Persona) -> None:
    visitor = visit(writer)
    page = visitor.page
    for name in ("first", "second"):
        visitor.go(f"/o/{writer.org.slug}/dags/-/new?from=blank")
        expect(page.get_by_role("dialog")).to_have_count(0)
        line_of(page, 1).click()
        page.keyboard.press("Control+a")
        page.keyboard.type(f"name: {name}")
        save_by_key(page)
        page.locator(SAVED).wait_for()

    page.goto(f"/o/{writer.org.slug}/dags/-/new")
    page.get_by_role("link", name="first").click()
    expect(line_of(page, 1)).to_have_text("name: first")
    assert sorted(Draft.objects.values_list("yaml", flat=True)) == ["name: first", "name: second"]


def stale(editor: Visitor, writer: Persona) -> Page:
    """Both tabs have saved, and this one has not seen the other's text."""
    page = editor.page
    type_at_end_of(page, 2, " Mine.")
    save(writer)
    editor.expect(f"/o/{writer.org.slug}/dags/-/draft", 409)
    save_by_key(page)
    page.get_by_role("dialog", name="Another tab saved this draft").locator(".cm-changedLine").first.wait_for()
    assert saved_text(writer) == DRAFT
    return page


def test_a_draft_of_another_tab_is_taken(editor: Visitor, writer: Persona) -> None:
    page = stale(editor, writer)
    assert editor.axe() == []
    page.get_by_role("button", name="Take theirs").click()
    page.locator(SAVED).wait_for()

    assert text_of(page) == DRAFT == saved_text(writer)


def test_mine_is_kept_beside_that_of_another_tab(editor: Visitor, writer: Persona) -> None:
    page = stale(editor, writer)
    page.get_by_role("button", name="Keep mine as well").click()
    page.locator(SAVED).wait_for()

    assert saved_text(writer) == DRAFT
    assert "Mine." in Draft.objects.exclude(name="hot").get().yaml


def test_who_chooses_neither_keeps_both(editor: Visitor, writer: Persona) -> None:
    page = stale(editor, writer)
    page.keyboard.press("Escape")

    expect(page.locator("[data-part=draft]")).to_have_text("not saved")
    assert "Mine." in text_of(page)
    assert saved_text(writer) == DRAFT


def test_a_save_on_its_way_does_not_bring_the_draft_back_after_a_deploy(editor: Visitor, writer: Persona) -> None:
    page = editor.page
    # Held until the deploy was asked for; then it goes on, and the deploy after it.
    held: list[Route] = []
    page.route(ADDRESS, lambda route: held.append(route))  # noqa: PLW0108  Playwright marks what it is given
    type_at_end_of(page, 2, " Deployed.")
    with page.expect_request(ADDRESS):
        save_by_key(page)
    page.get_by_role("button", name="Deploy …").click()
    page.get_by_role("button", name="Deploy this text").click()
    with page.expect_response(ADDRESS):
        held[0].continue_()
    page.get_by_role("link", name="Activate version 2 …").wait_for()

    assert not Draft.objects.filter(person=writer.person).exists()


def test_an_older_draft_does_not_outlive_the_deploy_of_what_was_typed_since(editor: Visitor, writer: Persona) -> None:
    page = editor.page
    type_at_end_of(page, 2, " Saved.")
    save_by_key(page)
    page.locator(SAVED).wait_for()
    type_at_end_of(page, 2, " Typed since.")
    page.get_by_role("button", name="Deploy …").click()
    page.get_by_role("button", name="Deploy this text").click()
    page.get_by_role("link", name="Activate version 2 …").wait_for()

    assert not Draft.objects.filter(person=writer.person).exists()


def test_a_draft_is_discarded_after_a_question(editor: Visitor, writer: Persona) -> None:
    page = editor.page
    discard = page.get_by_role("button", name="Discard draft …")
    expect(discard).to_be_hidden()
    type_at_end_of(page, 2, " Gone.")
    save_by_key(page)
    discard.click()
    with page.expect_navigation():
        page.get_by_role("dialog", name="Discard the draft?").get_by_role("button", name="Discard draft").click()

    expect(line_of(page, 2)).to_have_text("# Kept by every edit of the graph.")
    assert not Draft.objects.filter(person=writer.person).exists()


def test_without_storage_the_text_is_checked_and_saved(visit: Visit, writer: Persona) -> None:
    deploy(writer)
    visitor = visit(writer)
    page = visitor.page
    page.add_init_script(NO_STORAGE)
    visitor.go(f"/o/{writer.org.slug}/dags/hot/edit")
    expect_problems(page, 0)
    type_at_end_of(page, 2, " Saved.")
    save_by_key(page)
    page.locator(SAVED).wait_for()

    assert "Saved." in saved_text(writer)


@pytest.mark.parametrize("kept", ["{", "7", '{"text": 5}', '{"text": "a", "base": "", "at": "never"}'])
def test_what_this_browser_kept_and_nobody_can_read_is_passed_over(visit: Visit, writer: Persona, kept: str) -> None:
    page = opened(visit, writer).page
    key = f"trace:draft:{writer.person.pk}:/o/{writer.org.slug}/dags/hot/edit"
    page.evaluate("([key, kept]) => { localStorage[key] = kept; localStorage['trace:split--code-share'] = kept }", [key, kept])
    page.reload()

    node(page, "split").wait_for(state="attached")
    expect(page.get_by_role("dialog")).to_have_count(0)
    type_at_end_of(page, 2, " Goes on.")
    save_by_key(page)
    page.locator(SAVED).wait_for()


def test_the_history_is_a_click_away(editor: Visitor) -> None:
    editor.page.get_by_role("link", name="History").click()

    expect(editor.page.get_by_role("heading", level=1)).to_contain_text("hot")


def test_a_draft_that_another_tab_saved_since_is_not_discarded(editor: Visitor, writer: Persona) -> None:
    page = editor.page
    type_at_end_of(page, 2, " Mine.")
    save_by_key(page)
    page.locator(SAVED).wait_for()
    save(writer)
    editor.expect(f"/o/{writer.org.slug}/dags/-/draft", 409)

    page.get_by_role("button", name="Discard draft …").click()
    page.get_by_role("dialog", name="Discard the draft?").get_by_role("button", name="Discard draft").click()

    expect(page.get_by_text("Reload the page to see that text before you discard it.")).to_be_visible()
    assert saved_text(writer) == DRAFT
