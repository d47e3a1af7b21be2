"""Graphs: large ones, folded ones, and those on pages without an editor."""

from __future__ import annotations

import itertools

import pytest
from playwright.sync_api import Page, expect

from tests.browser.dags import deploy, large_graph, opened
from tests.factories import Persona
from tests.fixtures.browser import Visit, Visitor

both_themes = pytest.mark.parametrize("theme", ["light", "dark"])
# Counted in the same turn in which the graph is given, so before anything is drawn.
GIVE = """given => {
  const graph = document.querySelector("[data-part=graph]");
  graph.graph = given;
  return graph.querySelectorAll(".list-rows .list-row").length;
}"""
ZOOM = "document.querySelector('[data-part=graph]').camera.zoom"


def give(page: Page, graph: dict[str, list[dict[str, object]]]) -> int:
    rows: int = page.evaluate(GIVE, graph)
    return rows


def test_a_thousand_nodes_are_listed_at_once_and_then_drawn(visit: Visit, editor: Visitor) -> None:
    page = editor.page
    page.get_by_role("button", name="List", exact=True).click()

    assert 0 < give(page, large_graph(1000, 1500)) <= 300
    expect(page.locator("[data-part=graph] .node")).to_have_count(1000)
    assert page.locator("[data-part=graph] .edge").count() == 1500


def test_search_centres_the_node(editor: Visitor) -> None:
    page = editor.page
    give(page, large_graph(1000, 1500))
    expect(page.locator("[data-part=graph] .node")).to_have_count(1000)
    page.get_by_label("Find a node").first.fill("task_777")
    page.keyboard.press("Enter")
    expect(page.locator("[data-part=graph] .chosen")).to_have_attribute("data-id", "job:task_777")

    view = page.locator("[data-part=graph] .graph-view").bounding_box()
    found = page.locator("[data-part=graph] .chosen").bounding_box()
    assert view
    assert found
    assert abs(view["x"] + view["width"] / 2 - found["x"] - found["width"] / 2) < 30


def test_the_last_row_is_reached_by_keyboard(editor: Visitor) -> None:
    page = editor.page
    give(page, large_graph(1000, 1500))
    page.get_by_role("button", name="List", exact=True).click()
    page.get_by_role("grid").first.focus()
    page.keyboard.press("End")

    expect(page.get_by_role("row", selected=True)).to_contain_text("task_999")
    expect(page.get_by_role("row", selected=True)).to_be_in_viewport(ratio=1)


CUT = """() => [...document.querySelectorAll(".list-rows [role=gridcell]")]
  .filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => cell.textContent)"""


# All at one moment, after the heights were measured: rows come and go as others are drawn.
EDGES = """async () => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  const rows = [...document.querySelectorAll("[data-part=graph] .list-rows .list-row")].slice(0, 6);
  return rows.map((row) => [row.getBoundingClientRect().top, row.getBoundingClientRect().bottom]);
}"""


@pytest.mark.parametrize("width", [1440, 390])
def test_a_long_name_is_read_whole_in_the_table(visit: Visit, writer: Persona, width: int) -> None:
    page = opened(visit, writer, width=width).page
    graph = large_graph(40, 50)
    for at, one in enumerate(graph["nodes"]):
        one["name"] = f"the_aggregation_of_all_transfers_by_sender_and_receiver_number_{at}"
    give(page, graph)
    page.get_by_role("button", name="List", exact=True).first.click()
    expect(page.get_by_role("row").filter(has_text="number_0").first).to_be_visible()

    assert page.evaluate(CUT) == []
    rows = page.evaluate(EDGES)
    assert len(rows) == 6
    for (_, bottom), (top, _) in itertools.pairwise(rows):
        assert bottom <= top + 0.5


def test_keys_zoom_and_fit(editor: Visitor) -> None:
    page = editor.page
    page.locator("[data-part=graph] .node").first.click()
    before = page.evaluate(ZOOM)
    page.keyboard.press("+")
    assert page.evaluate(ZOOM) > before

    page.keyboard.press("0")
    assert page.evaluate(ZOOM) == pytest.approx(before)


PLACES = """() => [...document.querySelectorAll("[data-part=graph] .node")].map((node) => {
  const { e, f } = node.transform.baseVal.consolidate().matrix;
  return [node.dataset.id, e, f];
})"""


def lanes(count: int, wide: int) -> dict[str, list[dict[str, object]]]:
    """Each but the first reads the one `wide` places before it."""
    names = [f"task_{at}" for at in range(count)]
    nodes: list[dict[str, object]] = [{"id": name, "kind": "job", "name": name, "problems": 0} for name in names]
    edges: list[dict[str, object]] = [
        {"from": names[max(0, at - wide)], "to": names[at], "label": "0", "filtered": False} for at in range(1, count)
    ]
    return {"nodes": nodes, "edges": edges}


def test_in_a_column_the_order_is_that_of_the_text_where_no_line_forbids_it(editor: Visitor) -> None:
    page = editor.page
    give(page, lanes(40, 6))
    expect(page.locator("[data-part=graph] .node")).to_have_count(40)

    columns: dict[float, list[tuple[float, int]]] = {}
    for name, x, y in page.evaluate(PLACES):
        columns.setdefault(x, []).append((y, int(name.removeprefix("task_"))))
    assert len(columns) > 5
    for column in columns.values():
        assert [at for _, at in sorted(column)] == sorted(at for _, at in column)


def test_a_graph_too_large_to_read_begins_with_its_first_source_and_says_how_to_search(editor: Visitor) -> None:
    page = editor.page
    give(page, lanes(1000, 10))
    expect(page.locator("[data-part=graph] .node")).to_have_count(1000)

    assert page.evaluate(ZOOM) == pytest.approx(0.8)
    expect(page.locator("[data-part=graph] [data-id=task_0] .node-name")).to_be_in_viewport()
    expect(page.locator("[data-part=graph] .graph-count")).to_have_text("1,000 nodes: search with /")
    page.locator("[data-part=graph] .node[data-id=task_0]").focus()
    page.keyboard.press("/")
    expect(page.get_by_label("Find a node").first).to_be_focused()


def test_the_overview_shows_a_large_graph_whole(editor: Visitor) -> None:
    page = editor.page
    give(page, lanes(1000, 10))
    expect(page.locator("[data-part=graph] .node")).to_have_count(1000)
    page.get_by_role("button", name="Overview").first.click()

    expect(page.locator("[data-part=graph] [data-id=task_999]")).to_be_in_viewport()
    assert page.evaluate(ZOOM) < 0.5


def test_while_a_large_graph_is_laid_out_it_is_said_so(editor: Visitor) -> None:
    page = editor.page
    give(page, lanes(1000, 10))
    expect(page.get_by_text("Drawing 1,000 nodes …")).to_be_visible()
    expect(page.locator("[data-part=graph] .node")).to_have_count(1000)

    expect(page.get_by_text("Drawing 1,000 nodes …")).to_be_hidden()


def test_what_is_downstream_is_folded_into_a_count(editor: Visitor) -> None:
    page = editor.page
    page.locator("[data-part=graph] .node[data-id='job:ask']").click()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Fold downstream", exact=True).click()

    expect(page.locator("[data-part=graph] .node")).to_have_count(1)
    expect(page.locator("[data-part=graph] .node-hidden")).to_have_text("+2")


def test_a_group_is_folded_and_opened(editor: Visitor) -> None:
    page = editor.page
    graph = large_graph(40, 50)
    for node in graph["nodes"][:10]:
        node["group"] = "sync"
    give(page, graph)
    page.get_by_role("button", name="Fold groups").click()
    expect(page.locator("[data-part=graph] .node-group")).to_have_attribute("aria-label", "sync, group")
    expect(page.locator("[data-part=graph] .node")).to_have_count(31)

    page.locator("[data-part=graph] .node-group").dblclick()
    expect(page.locator("[data-part=graph] .node")).to_have_count(40)


def test_on_a_narrow_screen_the_list_stands_for_the_drawing(visit: Visit, writer: Persona) -> None:
    deploy(writer)
    page = visit(writer, width=320).go(f"/o/{writer.org.slug}/dags/hot")

    expect(page.get_by_role("grid")).to_be_visible()
    expect(page.locator(".graph-view")).to_be_hidden()


@both_themes
def test_a_graph_on_a_page_is_read_and_not_edited(visit: Visit, writer: Persona, theme: str) -> None:
    deploy(writer)
    visitor = visit(writer, theme=theme)
    page = visitor.go(f"/o/{writer.org.slug}/dags/hot")
    expect(page.locator(".node")).to_have_count(3)
    page.locator(".node").first.click()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Node")).to_contain_text("trigger_manual")
    expect(page.get_by_role("button", name="Rename …")).to_have_count(0)

    assert visitor.axe() == []
