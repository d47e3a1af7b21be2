"""What is done in the graph changes the text, and nothing else in it."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Page, Route, expect

from tests.browser.dags import TEXT, choose, expect_problems, node, text_of
from tests.fixtures.browser import Visitor


def draw(page: Page, start: str, end: str) -> None:
    """A line from the port of one node to another node, by mouse."""
    port, target = node(page, start).locator("[data-port]").bounding_box(), node(page, end).bounding_box()
    assert port and target
    page.mouse.move(port["x"] + 3, port["y"] + 3)
    page.mouse.down()
    page.mouse.move(target["x"] + 30, target["y"] + 20, steps=4)
    page.mouse.up()


def test_a_job_added_in_the_graph_is_one_step_of_undo(editor: Visitor) -> None:
    page = editor.page
    page.get_by_role("button", name="Add job").click()
    page.get_by_label("Operator", exact=True).fill("manual")
    page.get_by_role("list", name="Operators").get_by_role("button", name="trigger_manual").click()
    expect(page.locator("[data-part=graph] .node-job")).to_have_count(4)
    assert text_of(page).startswith("name: hot\n# Kept by every edit of the graph.\n")

    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-part=graph] .node-job")).to_have_count(3)
    assert text_of(page) == TEXT


def test_a_line_drawn_between_two_jobs_connects_them(editor: Visitor) -> None:
    page = editor.page
    draw(page, "ask", "split")

    expect(page.locator("[data-part=graph] .edge")).to_have_count(3)
    assert "      - from: { job: ask, output: 0 }\n    execution_strategy: PerPartition" in text_of(page)


def test_jobs_are_connected_and_disconnected_by_keyboard(editor: Visitor) -> None:
    page = editor.page
    choose(page, "ask", "Connect …")
    page.get_by_label("To", exact=True).select_option(label="split")
    page.get_by_role("button", name="Connect", exact=True).click()
    expect(page.locator("[data-part=graph] .edge")).to_have_count(3)

    choose(page, "ask", "Disconnect split")
    expect(page.locator("[data-part=graph] .edge")).to_have_count(2)
    assert text_of(page) == TEXT


def test_a_renamed_job_is_followed_by_its_readers(editor: Visitor) -> None:
    page = editor.page
    choose(page, "ask", "Rename …")
    page.get_by_label("New name").fill("question")
    page.keyboard.press("Enter")
    node(page, "question").wait_for(state="attached")

    assert text_of(page) == TEXT.replace("ask", "question")


def test_deleting_names_what_depends_on_the_job(editor: Visitor) -> None:
    page = editor.page
    choose(page, "collect", "Delete …")
    expect(page.locator("#dag-delete")).to_contain_text("split")
    page.get_by_role("button", name="Delete collect").click()

    expect_problems(page, 1)
    assert "name: collect" not in text_of(page)


def test_a_change_by_a_dialog_is_undone_from_where_the_focus_is_then(editor: Visitor) -> None:
    page = editor.page
    choose(page, "split", "Delete …")
    page.get_by_role("button", name="Delete split").click()
    expect(node(page, "split")).to_have_count(0)
    page.keyboard.press("Control+z")

    node(page, "split").wait_for(state="attached")
    assert text_of(page) == TEXT


def test_a_source_takes_no_line(editor: Visitor) -> None:
    page = editor.page
    draw(page, "collect", "ask")

    expect(page.locator("[data-part=said]")).to_contain_text("ask is a source")
    expect(node(page, "ask").locator(".port")).to_have_count(1)
    assert text_of(page) == TEXT


def test_a_line_that_would_make_a_circle_is_refused_with_the_reason(editor: Visitor) -> None:
    page = editor.page
    draw(page, "split", "collect")

    expect(page.locator("[data-part=said]")).to_contain_text("split waits for collect already")
    assert text_of(page) == TEXT


def test_only_what_can_be_connected_is_offered(editor: Visitor) -> None:
    page = editor.page
    choose(page, "collect", "Connect …")
    expect(page.get_by_label("From", exact=True)).to_be_focused()
    expect(page.get_by_label("To", exact=True).locator("option")).to_have_text(["split"])

    page.get_by_label("From", exact=True).select_option(label="split")
    expect(page.get_by_label("To", exact=True).locator("option")).to_have_count(0)
    expect(page.get_by_text("No job can read from it")).to_be_visible()
    expect(page.get_by_role("button", name="Connect", exact=True)).to_be_disabled()


def test_a_node_is_opened_renamed_and_deleted_by_its_own_keys_and_by_the_right_button(editor: Visitor) -> None:
    page = editor.page
    details = page.get_by_role("region", name="Node")
    node(page, "split").click(button="right")
    expect(details.get_by_role("heading", level=2)).to_have_text("split")
    page.keyboard.press("Escape")
    expect(details).to_be_hidden()

    page.keyboard.press("F2")
    expect(page.get_by_label("New name")).to_have_value("split")
    page.keyboard.press("Escape")
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name="Delete split")).to_be_visible()
    page.keyboard.press("Escape")
    assert text_of(page) == TEXT


def test_enter_takes_the_one_operator_that_is_left_and_one_that_reads_asks_what(editor: Visitor) -> None:
    page = editor.page
    page.get_by_role("button", name="Add job").click()
    page.get_by_label("Operator", exact=True).fill("range_splitter")
    page.keyboard.press("Enter")
    expect(page.get_by_text("range_splitter has to read something. Choose what.")).to_be_visible()
    expect(page.get_by_label("Reads from")).to_be_focused()

    page.get_by_label("Reads from").select_option(label="ask")
    page.get_by_label("Operator", exact=True).press("Enter")
    expect(page.locator("[data-part=graph] .node-job")).to_have_count(4)
    expect_problems(page, 0)


def test_enter_before_the_operators_are_there_counts_when_they_are(editor: Visitor) -> None:
    page = editor.page
    held: list[Route] = []
    page.route("**/dags/-/vocabulary", lambda route: held.append(route))  # noqa: PLW0108  Playwright marks what it is given
    with page.expect_request("**/dags/-/vocabulary"):
        page.reload()
    node(page, "split").wait_for(state="attached")
    page.get_by_role("button", name="Add job").click()
    page.get_by_label("Operator", exact=True).fill("range_splitter")
    page.keyboard.press("Enter")

    held[0].continue_()
    expect(page.get_by_text("range_splitter has to read something. Choose what.")).to_be_visible()


def test_operators_that_do_not_run_here_come_last(editor: Visitor) -> None:
    page = editor.page
    page.get_by_role("button", name="Add job").click()
    names = page.get_by_role("list", name="Operators").get_by_role("listitem")
    names.first.wait_for()
    runs = ["cannot be activated" not in text for text in names.all_inner_texts()]

    assert runs == sorted(runs, reverse=True) and len(set(runs)) == 2


def test_a_name_that_no_job_can_have_stays_in_its_dialog(editor: Visitor) -> None:
    page = editor.page
    choose(page, "ask", "Rename …")
    page.get_by_label("New name").fill("Bad Name")
    page.keyboard.press("Enter")

    expect(page.get_by_label("New name")).to_have_value("Bad Name")
    assert text_of(page) == TEXT


def test_a_name_that_is_taken_keeps_the_dialog_with_what_was_typed_and_says_by_which_job(editor: Visitor) -> None:
    page = editor.page
    editor.expect(urlsplit(page.url).path.replace("hot/edit", "-/edit"), 409)
    choose(page, "ask", "Rename …")
    name = page.get_by_label("New name")
    name.fill("split")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The job of line 20 is called split already: choose another name.")
    expect(name).to_have_value("split")
    expect(name).to_have_attribute("aria-invalid", "true")

    name.fill("question")
    expect(page.get_by_role("alert")).to_be_hidden()
    page.keyboard.press("Enter")
    node(page, "question").wait_for(state="attached")
    expect(name).to_be_hidden()
