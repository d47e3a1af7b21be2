"""Logs from any line on, each line once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from apps.dags.models import Dag
from apps.dispatch import services
from apps.dispatch.models import LogChunk, Task
from apps.dispatch.services import logs
from apps.platform.contracts import Claimed, LogBatch, LogLine
from tests.apps.dispatch.makers import claim_one, failed, fence, say
from tests.apps.runs.makers import api, armed, browser, run_of, splitter
from tests.factories import NOON, Persona

pytestmark = pytest.mark.django_db


@pytest.fixture
def claimed(writer: Persona) -> Claimed:
    dag: Dag = armed(writer)
    run_of(dag)
    return claim_one(splitter(dag).pk)


def write(claimed: Claimed, first: int, count: int, *, level: str = "info") -> None:
    lines = [LogLine(at=NOON, level=level, text=f"line {number}") for number in range(first, first + count)]
    services.append(LogBatch(**fence(claimed), first_line=first, lines=lines))


def numbers(persona: Persona, claimed: Claimed, query: str) -> list[int]:
    return [one["number"] for one in api(persona).get(f"/v1/tasks/{claimed.task_id}/logs{query}").json()["lines"]]


def test_pages_that_follow_each_other_have_each_line_once(claimed: Claimed, reader: Persona) -> None:
    for first in range(0, 100, 10):
        write(claimed, first, 10)

    found, at = [], 0
    while True:
        page = api(reader).get(f"/v1/tasks/{claimed.task_id}/logs?from={at}&limit=7").json()
        if not page["lines"]:
            break
        found += [one["text"] for one in page["lines"]]
        at = page["next"]

    assert found == [f"line {number}" for number in range(100)]
    assert (page["total"], page["is_over"]) == (100, False)


@pytest.mark.parametrize(("query", "expected"), [("?from=15&limit=3", [15, 16, 17]), ("?from=19", [19]), ("?from=20", [])])
def test_a_page_begins_in_the_middle_of_a_batch(claimed: Claimed, reader: Persona, query: str, expected: list[int]) -> None:
    write(claimed, 0, 10)
    write(claimed, 10, 10)

    assert numbers(reader, claimed, query) == expected


@pytest.fixture
def thinned(claimed: Claimed, monkeypatch: pytest.MonkeyPatch) -> Claimed:
    """A source that said 100 lines, of which the last 40 are kept."""
    Task.objects.filter(pk=claimed.task_id).update(cause="source")
    monkeypatch.setattr(logs, "MOST_LINES", 60)
    for first in range(0, 100, 10):
        write(claimed, first, 10)
    return claimed


def test_of_a_log_whose_oldest_lines_are_gone_each_line_that_is_kept_is_read_once(thinned: Claimed, reader: Persona) -> None:
    found, page = [], {"next": 0, "total": 1}
    while page["next"] < page["total"]:
        page = api(reader).get(f"/v1/tasks/{thinned.task_id}/logs?from={page['next']}&limit=7").json()
        found += [(one["number"], one["text"]) for one in page["lines"]]

    assert found == [(number, f"line {number}") for number in range(60, 100)]
    assert (page["first"], page["dropped"], page["next"]) == (60, 60, 100)


def test_the_page_is_told_where_lines_begin_that_are_later_than_it_asked(thinned: Claimed, reader: Persona) -> None:
    path = f"/o/{reader.org.slug}/runs/{thinned.task_id}/log"
    told = [browser(reader).get(f"{path}?from={start}").json() for start in (0, 90, 100)]
    whole = b"".join(browser(reader).get(f"{path}/raw").streaming_content).decode()  # type: ignore[attr-defined]

    assert [(one["from"], one["next"], len(one["texts"])) for one in told] == [(60, 100, 40), (90, 100, 10), (100, 100, 0)]
    assert whole.splitlines()[0] == "… 60 older lines are no longer kept." and whole.endswith("line 99\n")


def test_lines_between_that_went_with_their_month_are_passed_over(claimed: Claimed, reader: Persona) -> None:
    for first in (0, 10, 20):
        write(claimed, first, 10)
    LogChunk.objects.filter(task_id=claimed.task_id, first_line=10).delete()

    assert numbers(reader, claimed, "") == list(range(10))
    assert numbers(reader, claimed, "?from=10") == list(range(20, 30))


def test_what_was_too_much_is_told_at_the_end(claimed: Claimed, reader: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_LINES", 5)
    write(claimed, 0, 8)
    path = f"/o/{reader.org.slug}/runs/{claimed.task_id}/log"
    whole = b"".join(browser(reader).get(f"{path}/raw").streaming_content).decode()  # type: ignore[attr-defined]

    page = browser(reader).get(path).json()
    assert (page["first"], page["total"], page["dropped"]) == (0, 5, 3)
    assert whole.splitlines()[-1] == "… 3 lines more were not kept."


def test_the_log_of_an_attempt_before_stays_readable(claimed: Claimed, reader: Persona) -> None:
    write(claimed, 0, 2, level="error")
    say(claimed, failed(claimed))
    page = api(reader).get(f"/v1/tasks/{claimed.task_id}/logs?attempt=1").json()

    assert page["is_over"] is True and [one["level"] for one in page["lines"]] == ["error", "error"]
    assert api(reader).get(f"/v1/tasks/{claimed.task_id}/logs?attempt=2").json()["code"] == "unknown_attempt"


@pytest.mark.parametrize("query", ["?from=-1", "?from=x", "?limit=0x", "?limit=5001", "?attempt=9999999999"])
def test_a_number_that_is_none_is_refused(claimed: Claimed, reader: Persona, query: str) -> None:
    assert api(reader).get(f"/v1/tasks/{claimed.task_id}/logs{query}").json()["code"] == "bad_number"


def test_a_task_that_nobody_claimed_has_an_empty_log(writer: Persona, reader: Persona) -> None:
    dag = armed(writer)
    run_of(dag)

    assert api(reader).get(f"/v1/tasks/{splitter(dag).pk}/logs").json()["lines"] == []


def test_the_page_gets_the_same_lines_and_a_file_all_of_them(claimed: Claimed, reader: Persona) -> None:
    write(claimed, 0, 3)
    path = f"/o/{reader.org.slug}/runs/{claimed.task_id}/log"

    told = browser(reader).get(f"{path}?from=1").json()
    whole = b"".join(browser(reader).get(f"{path}/raw").streaming_content).decode()  # type: ignore[attr-defined]

    assert (told["texts"], told["levels"], told["next"], told["total"]) == (["line 1", "line 2"], "ii", 3, 3)
    assert whole.splitlines()[0] == "2026-01-15T12:00:00.000000Z INFO    line 0" and len(whole.splitlines()) == 3


def test_a_stranger_reads_no_line(claimed: Claimed, stranger: Persona) -> None:
    write(claimed, 0, 3)
    paths = [f"/o/{stranger.org.slug}/runs/{one}/log" for one in (claimed.task_id, uuid4())]

    assert {browser(stranger).get(path).status_code for path in paths} == {404}
