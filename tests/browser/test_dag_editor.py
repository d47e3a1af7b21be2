"""The editor of DAGs: text and graph, side by side."""

from __future__ import annotations

import gzip

import pytest
from playwright.sync_api import expect

from tests.browser.dags import choose, expect_problems, line_of, node, opened, replace_text, text_of, type_at_end_of
from tests.factories import Persona
from tests.fixtures.browser import Visit, Visitor
from tests.waiting import eventually

both_themes = pytest.mark.parametrize("theme", ["light", "dark"])


@both_themes
@pytest.mark.parametrize("width", [1440, 390, 320])
def test_it_is_accessible_and_fits(visit: Visit, writer: Persona, theme: str, width: int) -> None:
    visitor = opened(visit, writer, theme=theme, width=width)
    expect_problems(visitor.page, 0)

    assert visitor.axe() == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width


@both_themes
def test_it_is_accessible_with_everything_open(visit: Visit, writer: Persona, theme: str) -> None:
    visitor = opened(visit, writer, theme=theme)
    page = visitor.page
    type_at_end_of(page, 5, " nonsense")
    expect_problems(page, 1)
    choose(page, "collect", "Rename …")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Diff").click()
    page.locator(".cm-changedLine").first.wait_for()
    assert visitor.axe() == []

    page.get_by_role("button", name="Add job").click()
    assert visitor.axe() == []


def test_a_problem_is_listed_with_its_place_and_enter_goes_there(editor: Visitor) -> None:
    page = editor.page
    type_at_end_of(page, 7, "x")
    problem = page.get_by_role("list", name="Problems").get_by_role("button")
    expect(problem).to_contain_text("7:15")
    expect(problem).to_contain_text("/jobs/0/operator")
    expect(page.locator(".cm-lint-marker-error")).to_have_count(1)
    expect(node(page, "ask")).to_have_attribute("aria-label", "ask, job, trigger_manualx · source, 1 problem")

    problem.focus()
    page.keyboard.press("Enter")
    page.keyboard.type("trigger_manual")
    expect_problems(page, 0)


def test_a_text_that_cannot_be_read_keeps_the_last_graph_and_says_so(editor: Visitor) -> None:
    page = editor.page
    type_at_end_of(page, 1, "\n  : [")
    expect(page.get_by_text("this is the graph of the last text that could")).to_be_visible()
    expect(node(page, "split")).to_be_attached()

    page.keyboard.press("Control+z")
    expect(page.get_by_text("this is the graph of the last text that could")).to_be_hidden()


def test_caret_and_node_follow_each_other(editor: Visitor) -> None:
    page = editor.page
    line_of(page, 14).click()
    expect(node(page, "collect")).to_have_class("node node-job chosen")

    node(page, "split").click()
    expect(page.locator(".cm-activeLine")).to_have_text("  - name: split")


def test_arrows_follow_the_edges(editor: Visitor) -> None:
    page = editor.page
    node(page, "ask").click()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")

    expect(node(page, "split")).to_be_focused()


def test_the_node_that_has_the_focus_is_opened_and_left_before_one_is_chosen(editor: Visitor) -> None:
    page = editor.page
    node(page, "ask").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Node").get_by_role("heading", level=2)).to_have_text("ask")

    page.reload()
    node(page, "ask").focus()
    page.keyboard.press("ArrowRight")
    expect(node(page, "collect")).to_be_focused()


@pytest.mark.parametrize(
    ("line", "typed", "offered"),
    [
        (8, "\npriority: ", ["high", "low", "normal"]),
        (8, "\nprio", ["priority"]),
        (6, "\ninputs: [{from: {job: ", ["collect", "split"]),
        (14, "\nsour", []),
        (6, "\nexecu", []),
        (16, "\n- from: ", ["{ dataset: … }", "{ job: …, output: 0 }"]),
        (19, "\n  ", []),
    ],
)
def test_completion_knows_the_place(editor: Visitor, line: int, typed: str, offered: list[str]) -> None:
    page = editor.page
    type_at_end_of(page, line, typed)
    if offered:
        expect(page.locator(".cm-completionLabel")).to_have_text(offered)
    else:
        expect(page.locator(".cm-completionLabel")).to_have_count(0)


def test_operators_are_offered_by_the_activation_of_their_job(editor: Visitor) -> None:
    page = editor.page
    # Asked from outside: a page under our policy evaluates no text, so it cannot wait for one itself.
    there = "Object.keys(document.querySelector('trace-dag-editor').vocabulary.operators).length > 0"
    eventually(lambda: page.evaluate(there))
    labels = page.locator(".cm-completionLabel")
    replace_text(page, "jobs:\n  - activation: source\n    operator: tri")
    expect(labels).to_have_text(["trigger_cron", "trigger_manual", "trigger_webhook"])

    page.keyboard.press("Escape")
    replace_text(page, "jobs:\n  - activation: reactive\n    operator: r")
    expect(labels.first).to_have_text("range_aggregator")
    assert not [name for name in labels.all_inner_texts() if name.startswith("trigger")]


def test_an_empty_document_is_offered_its_name_and_the_templates(editor: Visitor) -> None:
    page = editor.page
    replace_text(page, "")
    page.keyboard.press("Control+Space")
    expect(page.locator(".cm-completionLabel").first).to_have_text("name")

    page.locator(".cm-completionLabel", has_text="Blank").click()
    assert text_of(page).startswith("name: ")


def test_completion_offers_the_config_of_the_operator(editor: Visitor) -> None:
    page = editor.page
    line_of(page, 19).click()
    page.keyboard.press("End")
    for _ in range(len("range_size: 1000 }")):
        page.keyboard.press("Backspace")
    page.keyboard.press("Control+Space")

    expect(page.locator(".cm-completionLabel").first).to_have_text("range_size")


def test_hovering_a_key_says_what_it_means(editor: Visitor) -> None:
    page = editor.page
    line_of(page, 5).hover(position={"x": 60, "y": 8})

    expect(page.locator(".dag-hover")).to_contain_text("activation")


def test_the_parts_are_resized_by_keyboard(editor: Visitor) -> None:
    page = editor.page
    line = page.get_by_role("separator", name="Width of the text")
    before = page.locator("#dag-code").bounding_box()
    line.focus()
    page.keyboard.press("ArrowLeft")

    after = page.locator("#dag-code").bounding_box()
    assert before
    assert after
    assert after["width"] < before["width"]


def test_tab_leaves_the_text_after_escape(editor: Visitor) -> None:
    page = editor.page
    line_of(page, 2).click()
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")

    expect(page.locator("[data-part=columns]")).to_be_focused()


def test_its_scripts_are_at_most_200_kb_with_a_diff_open(editor: Visitor) -> None:
    page = editor.page
    page.get_by_role("tab", name="Diff").click()
    page.locator(".dag-diff .cm-content").wait_for()
    # Two graphs have a worker each; the browser has its file once.
    scripts = {one.url: one.body() for one in editor.responses if one.request.resource_type == "script"}

    assert 0 < sum(len(gzip.compress(body, 9)) for body in scripts.values()) <= 200_000


def test_no_use_of_the_editor_leaves_a_word_in_the_console(editor: Visitor) -> None:
    page = editor.page
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    line_of(page, 3).click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    # Over several lines, which the browser would join by inline styles.
    page.keyboard.type("x")
    expect(line_of(page, 3)).to_have_text("x    activation: source")
    page.keyboard.press("Control+z")
    expect_problems(page, 0)
    page.keyboard.press("Control+f")
    page.get_by_role("textbox", name="Find").first.fill("job")
    page.keyboard.press("Escape")
    line_of(page, 5).hover(position={"x": 60, "y": 8})
    page.locator(".dag-hover").wait_for()
    page.keyboard.press("Control+Space")
    choose(page, "collect", "Delete …")
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Diff").click()
    page.locator(".dag-diff .cm-changedLine").first.wait_for()

    assert said == []
