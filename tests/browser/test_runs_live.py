"""Pages of runs that change while somebody looks: large ones, many of them, narrow ones."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from apps.dags.models import Dag
from apps.dispatch.models import Task
from apps.dispatch.services import logs
from apps.platform.contracts import Claimed
from apps.runs.views import logs as pages
from tests.apps.dispatch.conftest import keys, signing_keys
from tests.apps.dispatch.makers import claim_one, failed, say
from tests.apps.runs.makers import armed, dead, run_of, splitter
from tests.browser.test_runs import count, write
from tests.factories import Persona
from tests.fixtures.browser import Visit

__all__ = ["keys", "signing_keys"]
MANY = 10_000
# As a splitter leaves them: children of the same run.
_MULTIPLY = """
INSERT INTO dispatch_task (
    id, org_id, job_id, version_job_id, generation, root_id, cause, dedupe_key, is_alone, status, attempt, failures, priority,
    runtime, partition_key, created_at, queued_at, worker_id
)
SELECT uuidv7(), org_id, job_id, version_job_id, generation, root_id, cause, 'copy:' || n, is_alone, 'queued', 0, 0, priority,
    runtime, n::text, now(), now(), ''
FROM dispatch_task, generate_series(1, %s) AS n WHERE id = %s
"""


@pytest.fixture
def dag(writer: Persona, keys: Iterator[None]) -> Dag:
    return armed(writer)


@pytest.fixture
def claimed(dag: Dag) -> Claimed:
    run_of(dag)
    return claim_one(splitter(dag).pk)


def refresh(page: Page) -> None:
    """What a notice does: the server of the tests has no event loop to send one."""
    page.locator("trace-live").first.dispatch_event("trace:refresh")


def test_a_run_of_ten_thousand_tasks_is_all_counted_and_few_rows(visit: Visit, dag: Dag, writer: Persona) -> None:
    root = run_of(dag)
    with connection.cursor() as cursor:
        cursor.execute(_MULTIPLY, [MANY, splitter(dag).pk])
    page = visit(writer).go(f"/o/{writer.org.slug}/runs/{root}")
    expect(page.locator(".tally").first).to_contain_text("10,001 queued")
    assert page.locator(".tree tbody tr").count() == 300

    Task.objects.filter(dedupe_key__startswith="copy:1").update(status="running")
    refresh(page)

    expect(page.locator(".tally").first).to_contain_text("1,112 running")
    page.goto(f"/o/{writer.org.slug}/runs")
    expect(page.locator(".tally").first).to_contain_text("1,112 running")


def test_eight_windows_share_four_streams_of_notices(visit: Visit, claimed: Claimed, writer: Persona) -> None:
    """A browser opens six connections to a server: a stream for each would leave none to load the seventh with."""
    visitor = visit(writer)
    asked: list[str] = []
    visitor.page.context.on("request", lambda request: asked.append(request.url) if request.url.endswith("/live") else None)
    pages = [visitor.page, *(visitor.page.context.new_page() for _ in range(7))]
    for page in pages:
        page.goto(f"/o/{writer.org.slug}/runs/{claimed.task_id}")
        count(page).to_contain_text("No line yet")

    assert len(asked) == 4


def test_the_buttons_of_a_task_follow_its_state(visit: Visit, claimed: Claimed, writer: Persona) -> None:
    page = visit(writer).go(f"/o/{writer.org.slug}/runs/{claimed.task_id}")
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_be_visible()

    say(claimed, failed(claimed, retryable=False))
    refresh(page)

    expect(page.get_by_role("button", name="Retry", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Cancel", exact=True)).to_have_count(0)


def test_a_row_that_is_a_card_keeps_its_labels_when_it_is_refreshed(visit: Visit, dag: Dag, writer: Persona) -> None:
    dead(dag)
    page = visit(writer, theme="dark", width=390).go(f"/o/{writer.org.slug}/runs/dead")
    took = page.locator("td[data-label=Took]")
    expect(took).to_have_count(1)

    with page.expect_response("**/runs/dead*"):
        refresh(page)

    expect(took).to_have_count(1)


def test_whoever_reads_further_up_is_left_there_while_lines_come(visit: Visit, claimed: Claimed, writer: Persona) -> None:
    write(claimed, 0, 200)
    page = visit(writer).go(f"/o/{writer.org.slug}/runs/{claimed.task_id}")
    count(page).to_contain_text("200 lines")
    page.locator(".log-view").hover()
    page.mouse.wheel(0, -2000)
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".log-line[data-line='80']")).to_be_attached()

    write(claimed, 200, 200)
    count(page).to_contain_text("400 lines")

    expect(page.locator(".log-line[data-line='399']")).to_have_count(0)
    page.get_by_label("Find in the log").fill("line 3")
    count(page).to_contain_text("111 of 400")
    page.get_by_label("Find in the log").fill("")
    count(page).to_contain_text("400 lines")
    expect(page.get_by_role("button", name="Follow")).to_have_attribute("aria-pressed", "false")
    page.get_by_role("button", name="Follow").click()
    expect(page.locator(".log-line[data-line='399']")).to_be_visible()


def test_a_source_whose_oldest_lines_went_shows_each_other_line_at_its_number(
    visit: Visit, claimed: Claimed, writer: Persona, monkeypatch: pytest.MonkeyPatch
) -> None:
    Task.objects.filter(pk=claimed.task_id).update(cause="source")
    monkeypatch.setattr(logs, "MOST_LINES", 60)
    # Several pages, the oldest of which begins in the middle of the log.
    monkeypatch.setattr(pages, "LONGEST_PAGE", 7)
    for first in range(0, 100, 10):
        write(claimed, first, 10)
    page = visit(writer).go(f"/o/{writer.org.slug}/runs/{claimed.task_id}")

    count(page).to_have_text("40 lines, 60 older are no longer kept, more to come")
    expect(page.locator(".log-line[data-line='99']")).to_have_text(re.compile("^100.*line 99$"))

    # All that the page has goes, and more than it has read by then.
    page.context.set_offline(True)
    for first in range(100, 200, 10):
        write(claimed, first, 10)
    page.context.set_offline(False)

    count(page).to_contain_text("50 lines, 150 older are no longer kept")
    expect(page.locator(".log-line[data-line='199']")).to_have_text(re.compile("^200.*line 199$"))


def test_an_attempt_that_wrote_nothing_says_so_and_takes_no_room(visit: Visit, claimed: Claimed, writer: Persona) -> None:
    say(claimed, failed(claimed, retryable=False))
    page = visit(writer).go(f"/o/{writer.org.slug}/runs/{claimed.task_id}")

    count(page).to_contain_text("This attempt wrote no line")
    expect(page.locator(".log-view")).to_be_hidden()
