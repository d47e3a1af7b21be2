"""How long a page takes, asked for one after the other. All pages in turn, so that a slow moment is everybody's."""

from __future__ import annotations

import time

import httpx

from tests.bench.percentiles import p50, p95
from tests.bench.report import Report
from tests.bench.stage import Stage
from tests.journeys.stack import StackProcess

WARM_UP, REQUESTS = 20, 200
BARE = "healthz"


def run(report: Report, stage: Stage) -> None:
    took = _ask(stage.stack)
    for name, values in took.items():
        for percentile, of in (("p50", p50), ("p95", p95)):
            bare = None if name == BARE else (f"{percentile} of {BARE}", of(took[BARE]))
            report.add(f"pages.{name}.{percentile}", of(values), "ms", baseline=bare)


def _ask(stack: StackProcess) -> dict[str, list[float]]:
    person = stack.facts["demo"]["people"]["reader"]
    with browser_of(stack) as stranger, browser_of(stack) as reader:
        home = sign_in(reader, person["email"], person["password"])
        pages = {BARE: (stranger, "/healthz"), "sign_in": (stranger, "/sign-in"), "home": (reader, home)}
        rounds = [{name: milliseconds(*page) for name, page in pages.items()} for _ in range(WARM_UP + REQUESTS)]
    return {name: [took[name] for took in rounds[WARM_UP:]] for name in pages}


def browser_of(stack: StackProcess) -> httpx.Client:
    return httpx.Client(base_url=stack.url, headers={"Origin": stack.url}, timeout=60)


def sign_in(browser: httpx.Client, email: str, password: str) -> str:
    """The address of the person's home page."""
    token = browser.get("/sign-in").text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = {"email": email, "password": password, "csrfmiddlewaretoken": token}
    home = browser.post("/sign-in", data=form, follow_redirects=True).raise_for_status()
    return home.url.path


def milliseconds(browser: httpx.Client, path: str) -> float:
    started = time.perf_counter()
    answer = browser.get(path)
    took = time.perf_counter() - started
    assert answer.status_code == 200, f"{path} answered {answer.status_code}"
    return took * 1000
