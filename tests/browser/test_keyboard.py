"""Everything can be reached by keys, and single letters can be switched off."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from apps.outbox.models import Message
from tests.factories import Persona
from tests.fixtures.browser import Visit, Visitor


@pytest.fixture
def visitor(visit: Visit, reader: Persona) -> Visitor:
    return visit(reader)


@pytest.fixture
def page(visitor: Visitor, reader: Persona) -> Page:
    return visitor.go(f"/o/{reader.org.slug}/")


def test_the_palette_goes_where_the_typed_word_says(page: Page, visitor: Visitor, reader: Persona) -> None:
    visitor.expect(f"/o/{reader.org.slug}/sql", 501)
    page.keyboard.press("Control+k")
    page.keyboard.type("sq")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("SQL")


def test_the_palette_is_walked_with_arrows(page: Page, visitor: Visitor, reader: Persona) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("DAGs")


def test_the_palette_names_its_choice_to_screen_readers(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.press("ArrowUp")

    expect(page.get_by_role("combobox")).to_have_attribute("aria-activedescendant", "run-sign-out")
    expect(page.get_by_role("option", selected=True)).to_have_count(1)


def test_the_palette_says_when_nothing_matches(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("zebra")

    expect(page.get_by_text("Nothing matches.")).to_be_visible()


def test_escape_closes_the_palette_and_gives_the_focus_back(page: Page) -> None:
    opener = page.get_by_role("button", name=re.compile("Search or run"))
    opener.focus()
    page.keyboard.press("Enter")
    page.locator("#palette").wait_for()
    page.keyboard.press("Escape")

    expect(page.locator("#palette")).to_be_hidden()
    expect(opener).to_be_focused()


def test_the_palette_forgets_what_was_typed_before(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("zebra")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")

    expect(page.get_by_role("combobox")).to_have_value("")
    expect(page.get_by_role("option", name="Home")).to_be_visible()


def test_a_command_of_the_palette_changes_the_theme(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("dark")
    page.keyboard.press("Enter")

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_a_command_of_the_palette_signs_out(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("sign out")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_g_and_a_letter_go_to_a_section(page: Page, visitor: Visitor, reader: Persona) -> None:
    page.keyboard.press("g")
    page.keyboard.press("c")

    expect(page.get_by_role("heading", level=1)).to_have_text("Catalog")


def test_the_question_mark_opens_the_sheet_of_keys(page: Page) -> None:
    page.keyboard.press("?")

    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_single_letters_can_be_switched_off_and_stay_off(page: Page) -> None:
    page.keyboard.press("?")
    page.get_by_label("Single-letter keys").uncheck()
    expect(page.locator("#announcements")).to_have_text("Single-letter keys are off.")
    page.reload()
    page.keyboard.press("?")

    expect(page.locator("#keys")).to_be_hidden()
    # Nothing would have opened later either: the palette, which opens by the same road, is there at once.
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    expect(page.locator("#keys")).to_be_hidden()


def test_letters_typed_into_a_field_are_only_letters(visit: Visit) -> None:
    page = visit().go("/sign-in")
    page.get_by_label("E-mail").focus()
    page.keyboard.type("g?/k")

    expect(page.get_by_label("E-mail")).to_have_value("g?/k")


def test_the_first_tab_offers_to_skip_to_the_content(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_j_and_k_walk_the_rows_of_a_list(visit: Visit, staff: Persona, dead_letter: Message) -> None:
    second = Message.objects.create(kind="second", payload={}, state="failed")
    page = visit(staff).go("/platform/health")
    page.keyboard.press("j")
    expect(page.locator(f"#message-{second.pk}")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator(f"#message-{dead_letter.pk}")).to_be_focused()
    page.keyboard.press("k")

    expect(page.locator(f"#message-{second.pk}")).to_be_focused()
