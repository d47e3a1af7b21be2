"""The editor of DAGs in a browser: from a keystroke to its problem, from an address to a drawn graph, a frame of panning, a large diff."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from playwright.sync_api import Page, sync_playwright

from tests.bench.percentiles import p50, p95
from tests.bench.report import Report
from tests.bench.stage import Stage
from tests.journeys.stack import StackProcess

CHROMIUM = "/usr/bin/chromium"
KEYSTROKES, FRAMES = 15, 120
SMALL, MIDDLE, LARGE = 3, 200, 1000
FIRST = """\
  - name: job_0
    activation: source
    runtime: dispatcher
    operator: trigger_manual
    outputs: 1
    source: { kind: manual }
"""
OTHER = """\
  - name: job_{at}
    activation: reactive
    runtime: ecs_platform
    operator: range_splitter
    outputs: 1
    inputs: [{{ from: {{ job: job_{reads} }} }}]
    execution_strategy: PerPartition
    update_strategy: replace
    config: {{ chunk_size: {at} }}
"""
# Times of frames while the graph is dragged to and fro, and of as many frames in which nothing moves.
PAN = """async ({frames, moving}) => {
  const graph = document.querySelector("trace-dag-graph");
  const area = graph.querySelector("[role=application], .graph-area, svg").getBoundingClientRect();
  const at = (type, x) => graph.querySelector("svg").dispatchEvent(new PointerEvent(type, {
    bubbles: true, pointerId: 1, button: 0, buttons: type === "pointerup" ? 0 : 1, clientX: x, clientY: area.y + 20 }));
  const times = [];
  let last = await new Promise(requestAnimationFrame);
  if (moving) at("pointerdown", area.x + 40);
  for (let frame = 0; frame < frames; frame++) {
    if (moving) at("pointermove", area.x + 40 + 200 * Math.abs(Math.sin(frame / 15)));
    const now = await new Promise(requestAnimationFrame);
    times.push(now - last);
    last = now;
  }
  if (moving) at("pointerup", area.x + 40);
  return times;
}"""

# Watched in the page: a driver that asks again and again would measure its own pauses.
WATCH = """() => {
  window.traceListed = new Promise((done) => {
    let pressed = 0;
    addEventListener("keydown", () => (pressed = performance.now()), { once: true, capture: true });
    new MutationObserver((_, watching) => {
      watching.disconnect();
      done(performance.now() - pressed);
    }).observe(document.querySelector("[data-part=count]"), { childList: true, characterData: true, subtree: true });
  });
}"""


def run(report: Report, stage: Stage) -> None:
    stack = stage.stack
    for count in (SMALL, MIDDLE, LARGE):
        _deploy(stack, count)
    with _page(stack) as page:
        bare = _drawn(page, stack, SMALL)
        report.add("editor.graph_1000", _drawn(page, stack, LARGE), "s", baseline=(f"{SMALL} jobs", bare), aim=("≤", 2.5))
        still = page.evaluate(PAN, {"frames": FRAMES, "moving": False})
        report.add(
            "editor.pan_1000.p95",
            p95(page.evaluate(PAN, {"frames": FRAMES, "moving": True})),
            "ms",
            baseline=("nothing moves", p95(still)),
        )
        _drawn(page, stack, MIDDLE)
        waits = [_problem(page) for _ in range(KEYSTROKES)]
        asked = [_asked(stack, MIDDLE) for _ in range(KEYSTROKES)]
        report.add("editor.problem_200.p50", p50(waits), "ms", baseline=("p50 of the answer alone", p50(asked)))
        report.add("editor.problem_200.p95", p95(waits), "ms", baseline=("p95 of the answer alone", p95(asked)), aim=("≤", 600))
        _drawn(page, stack, LARGE)
        report.add("editor.diff_9000", _diff(page), "s", aim=("≤", 1))


def document(count: int) -> str:
    """Nine lines a job; each but the first reads the one ten before it."""
    return f"name: large-{count}\njobs:\n{FIRST}" + "".join(OTHER.format(at=at, reads=max(0, at - 10)) for at in range(1, count))


def _deploy(stack: StackProcess, count: int) -> None:
    with _api(stack) as api:
        name = f"large-{count}"
        made = api.post(f"/v1/dags/{name}/versions", json={"yaml": document(count)}).raise_for_status().json()
        api.put(f"/v1/dags/{name}/active", json={"version_id": made["id"]}).raise_for_status()


def _asked(stack: StackProcess, count: int) -> float:
    """The same question, asked without a browser."""
    with _api(stack) as api:
        started = time.perf_counter()
        api.post("/v1/dags/validate", json={"yaml": document(count)}).raise_for_status()
        return (time.perf_counter() - started) * 1000


def _api(stack: StackProcess) -> httpx.Client:
    token = stack.facts["demo"]["people"]["writer"]["token"]
    return httpx.Client(base_url=stack.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)


@contextmanager
def _page(stack: StackProcess) -> Iterator[Page]:
    person = stack.facts["demo"]["people"]["writer"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{stack.url}/sign-in")
        page.fill("[name=email]", person["email"])
        page.fill("[name=password]", person["password"])
        page.press("[name=password]", "Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)
        yield page
        browser.close()


def _drawn(page: Page, stack: StackProcess, count: int) -> float:
    org = stack.facts["demo"]["org"]
    started = time.perf_counter()
    page.goto(f"{stack.url}/o/{org}/dags/large-{count}/edit")
    page.locator("trace-dag-graph .node").nth(count - 1).wait_for(state="attached")
    return time.perf_counter() - started


def _problem(page: Page) -> float:
    """From a key, a letter too many in the name of an operator, until it is listed; then without it."""
    page.locator(".cm-line").nth(5).click()
    page.keyboard.press("End")
    took = _until_listed(page, "x")
    _until_listed(page, "Backspace")
    return took


def _until_listed(page: Page, key: str) -> float:
    page.evaluate(WATCH)
    page.keyboard.press(key)
    return float(page.evaluate("() => window.traceListed"))


def _diff(page: Page) -> float:
    page.locator(".cm-line").nth(1).click()
    page.keyboard.type("# another line\n")
    started = time.perf_counter()
    page.get_by_role("tab", name="Diff").click()
    page.locator(".cm-changedLine, .cm-insertedLine").first.wait_for()
    return time.perf_counter() - started
