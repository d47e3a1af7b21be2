"""Runs in a real browser: looked at, acted on, and their logs followed."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from apps.dags.models import Dag
from apps.dispatch import services
from apps.dispatch.models import Attempt, LogChunk
from apps.platform.contracts import Claimed, LogBatch, LogLine
from tests.apps.dispatch.conftest import keys, signing_keys
from tests.apps.dispatch.makers import claim_one, fence, tasks_of
from tests.apps.runs.makers import armed, completed, dead, run_of, splitter
from tests.factories import NOON, Persona
from tests.fixtures.browser import Visit, Visitor

__all__ = ["keys", "signing_keys"]
MANY, CHUNK = 50_000, 500


@pytest.fixture
def dag(writer: Persona, keys: Iterator[None]) -> Dag:
    return armed(writer)


@pytest.fixture
def claimed(dag: Dag) -> Claimed:
    run_of(dag)
    return claim_one(splitter(dag).pk)


def write(claimed: Claimed, first: int, count: int) -> None:
    lines = [LogLine(at=NOON, level="info", text=f"line {number}") for number in range(first, first + count)]
    services.append(LogBatch(**fence(claimed), first_line=first, lines=lines))


def write_many(claimed: Claimed) -> None:
    """As the workers would have, without the time that it takes them. The one error is line 31,415."""
    letters = ["i"] * MANY
    letters[31_414] = "e"
    attempt = Attempt.objects.get(task_id=claimed.task_id, number=1)
    LogChunk.objects.bulk_create(
        LogChunk(
            org_id=attempt.org_id, task_id=claimed.task_id, attempt=1, first_line=at, lines=CHUNK, at_ms=[0] * CHUNK,
            levels="".join(letters[at : at + CHUNK]), texts=[f"line {number} of the log" for number in range(at, at + CHUNK)],
        )
        for at in range(0, MANY, CHUNK)
    )  # fmt: skip
    Attempt.objects.filter(pk=attempt.pk).update(log_lines=MANY)


def opened(visit: Visit, persona: Persona, claimed: Claimed, **options: object) -> Visitor:
    visitor = visit(persona, **options)
    visitor.go(f"/o/{persona.org.slug}/runs/{claimed.task_id}")
    return visitor


def count(page: Page) -> Any:
    return expect(page.locator(".log-count"))


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 390)])
def test_the_pages_have_no_fault_that_axe_knows(visit: Visit, dag: Dag, writer: Persona, theme: str, width: int) -> None:
    task = dead(dag)
    completed(dag, blocks=(5000, 7999))
    visitor = visit(writer, theme=theme, width=width)
    for path in ("", "?status=failed", "/dead", f"/{task.pk}", f"/{task.pk}/rerunning", "/matching?act=retry&status=failed"):
        page = visitor.go(f"/o/{writer.org.slug}/runs{path}")
        assert visitor.axe() == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_failed_run_is_found_understood_and_replayed(visit: Visit, dag: Dag, writer: Persona) -> None:
    dead(dag, words="the node answered 500")
    visitor = visit(writer)
    page = visitor.go(f"/o/{writer.org.slug}/")
    page.get_by_role("link", name="Look: 1 task failed for good").click()
    page.get_by_role("link", name="ranges / chunks").click()
    expect(page.get_by_role("group", name="Error")).to_contain_text("the node answered 500")

    page.get_by_role("button", name="Retry", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Retry", exact=True).click()

    expect(page.get_by_text("Queued again, with all its attempts.")).to_be_visible()
    assert splitter(dag).status == "queued"


def test_a_filter_is_in_the_address_and_back_works(visit: Visit, dag: Dag, writer: Persona) -> None:
    run_of(dag)
    visitor = visit(writer)
    page = visitor.go(f"/o/{writer.org.slug}/runs")
    page.get_by_role("combobox", name="State").select_option("queued")
    page.get_by_role("button", name="Filter").click()

    expect(page).to_have_url(re.compile("status=queued"))
    expect(page.get_by_role("link", name="ranges / chunks")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name="ranges / start")).to_be_visible()


def test_what_matches_is_counted_then_canceled(visit: Visit, dag: Dag, writer: Persona) -> None:
    for start in range(3):
        run_of(dag, blocks=(start * 10, start * 10 + 9))
    visitor = visit(writer)
    page = visitor.go(f"/o/{writer.org.slug}/runs?status=queued")
    page.get_by_role("link", name="Cancel all that match").click()
    page.get_by_role("button", name="Cancel 3 tasks").click()

    expect(page.get_by_text("3 tasks canceled.")).to_be_visible()
    assert {one.status for one in tasks_of(dag, "chunks")} == {"canceled"}


def test_a_run_is_started_from_the_page_of_its_dag(visit: Visit, dag: Dag, writer: Persona) -> None:
    visitor = visit(writer)
    page = visitor.go(f"/o/{writer.org.slug}/dags/ranges")
    page.get_by_role("button", name="Start start").click()
    page.get_by_role("dialog").get_by_role("textbox").fill("5-9")
    page.get_by_role("dialog").get_by_role("button", name="Start", exact=True).click()

    expect(page.get_by_text("start is started.")).to_be_visible()
    assert tasks_of(dag, "start")[0].range_end == 9


def test_a_log_of_fifty_thousand_lines_is_few_nodes_and_finds_its_first_error(
    visit: Visit, claimed: Claimed, writer: Persona
) -> None:
    write_many(claimed)
    page = opened(visit, writer, claimed).page
    count(page).to_contain_text("50,000 lines", timeout=20_000)
    expect(page.locator(".log-line[data-line='49999']")).to_be_visible()

    page.get_by_role("button", name="First error").click()

    expect(page.locator(".log-line.log-error")).to_contain_text("line 31414 of the log")
    assert page.locator(".log-line").count() <= 100


def test_a_log_is_searched_and_cut_down_to_a_level(visit: Visit, claimed: Claimed, writer: Persona) -> None:
    write_many(claimed)
    page = opened(visit, writer, claimed).page
    count(page).to_contain_text("50,000 lines", timeout=20_000)

    page.get_by_label("Find in the log").fill("LINE 4242 ")
    count(page).to_contain_text("1 of 50,000 lines")
    expect(page.locator(".log-line")).to_have_count(1)
    page.get_by_label("Find in the log").fill("")
    page.get_by_label("Level").select_option("e")
    count(page).to_contain_text("1 of 50,000 lines")


def test_a_log_that_grows_is_followed_and_a_cut_loses_and_repeats_no_line(
    visit: Visit, claimed: Claimed, writer: Persona
) -> None:
    write(claimed, 0, 10)
    visitor = opened(visit, writer, claimed)
    page = visitor.page
    count(page).to_contain_text("10 lines")

    page.context.set_offline(True)
    write(claimed, 10, 10)
    count(page).to_contain_text("Cut off")
    write(claimed, 20, 10)
    page.context.set_offline(False)
    count(page).to_contain_text("30 lines")

    page.evaluate("document.querySelector('.log-view').style.height = '1200px'")
    expect(page.locator(".log-line")).to_have_count(30)
    assert page.locator(".log-text").all_inner_texts() == [f"line {number}" for number in range(30)]
    visitor.trapped = [one for one in visitor.trapped if "ERR_INTERNET_DISCONNECTED" not in one and "Failed to fetch" not in one]


def test_the_log_of_each_attempt_is_chosen(visit: Visit, dag: Dag, claimed: Claimed, writer: Persona) -> None:
    write(claimed, 0, 3)
    page = opened(visit, writer, claimed).page

    page.get_by_role("combobox", name="Attempt").select_option("1")

    count(page).to_contain_text("3 lines")
    assert "attempt=1" in str(page.get_by_role("link", name="Raw").get_attribute("href"))


def test_the_page_of_a_task_loads_little_script(visit: Visit, claimed: Claimed, writer: Persona) -> None:
    visitor = opened(visit, writer, claimed)
    scripts = [one for one in visitor.responses if one.request.resource_type == "script"]

    assert sum(len(gzip.compress(one.body(), 9)) for one in scripts) <= 40_000


def test_typing_is_not_held_up_by_a_log_that_grows(visit: Visit, claimed: Claimed, writer: Persona) -> None:
    """The page looks for the words of every keystroke in all fifty thousand lines, and at most sixty times a second."""
    write_many(claimed)
    page = opened(visit, writer, claimed).page
    count(page).to_contain_text("50,000 lines", timeout=20_000)
    box = page.get_by_label("Find in the log")
    box.press_sequentially("line 4999")

    count(page).to_contain_text("11 of 50,000 lines")
    expect(box).to_have_value("line 4999")
