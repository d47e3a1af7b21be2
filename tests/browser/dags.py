"""Texts of DAGs for the browser, and what a test reads out of the editor."""

from __future__ import annotations

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from apps.audit.domain import Actor
from apps.dags import services
from apps.dags.models import DagVersion
from apps.orgs.policy import Principal
from tests.factories import Persona
from tests.fixtures.browser import Visit, Visitor

TEXT = """\
name: hot
# Kept by every edit of the graph.
jobs:
  - name: ask
    activation: source
    runtime: dispatcher
    operator: trigger_manual
    outputs: 1
    source: { kind: manual }
  - name: collect
    activation: reactive
    runtime: ecs_platform
    operator: range_aggregator
    outputs: 1
    inputs:
      - from: { job: ask, output: 0 }
    execution_strategy: PerUpdate
    update_strategy: replace
    config: { range_size: 1000 }
  - name: split
    activation: reactive
    runtime: ecs_platform
    operator: range_splitter
    outputs: 1
    inputs:
      - from: { job: collect, output: 0 }
    execution_strategy: PerPartition
    update_strategy: replace
    config: { chunk_size: 100 }
"""


def deploy(persona: Persona, text: str = TEXT) -> DagVersion:
    by = Actor.system("tests")
    return services.deploy(
        persona.org, services.Sent("hot", text), who=Principal(persona.person), by=by, now=timezone.now()
    ).version


def large_graph(count: int, edges: int) -> dict[str, list[dict[str, object]]]:
    """`count` nodes in twenty columns."""
    width = count // 20
    names = [f"task_{at}" for at in range(count)]
    nodes: list[dict[str, object]] = [
        {"id": f"job:{name}", "kind": "job", "name": name, "operator": "query", "activation": "reactive", "problems": 0}
        for name in names
    ]
    pairs = [(at - width, at) for at in range(width, count)]
    pairs += [(at - width, (at + 1) % count) for at in range(width, count - 1)][: edges - len(pairs)]
    arrows: list[dict[str, object]] = [
        {"from": f"job:{names[one]}", "to": f"job:{names[other]}", "label": "0", "filtered": False} for one, other in pairs
    ]
    return {"nodes": nodes, "edges": arrows}


def text_of(page: Page) -> str:
    return str(page.evaluate("document.querySelector('trace-dag-editor').text"))


def node(page: Page, name: str) -> Locator:
    return page.locator(f"[data-part=graph] .node[data-id='job:{name}']")


def line_of(page: Page, number: int) -> Locator:
    return page.locator(".cm-line").nth(number - 1)


def type_at_end_of(page: Page, number: int, text: str) -> None:
    line_of(page, number).click()
    page.keyboard.press("End")
    page.keyboard.type(text)


def replace_text(page: Page, text: str) -> None:
    """The last character is typed: what completes by itself does so after a key."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(text[:-1])
    page.keyboard.type(text[-1:])


def expect_problems(page: Page, count: int) -> None:
    expect(page.locator("[data-part=count]")).to_have_text(str(count))


def opened(visit: Visit, persona: Persona, **options: object) -> Visitor:
    """The editor of a DAG with one version."""
    deploy(persona)
    visitor = visit(persona, **options)
    # Leaving with unsaved text asks.
    visitor.page.on("dialog", lambda dialog: dialog.accept())
    visitor.go(f"/o/{persona.org.slug}/dags/hot/edit")
    node(visitor.page, "split").wait_for(state="attached")
    return visitor


def choose(page: Page, name: str, act: str) -> None:
    """What is done with a node, by its details."""
    node(page, name).click()
    page.keyboard.press("Enter")
    page.get_by_role("region", name="Node").get_by_role("button", name=act, exact=True).click()
