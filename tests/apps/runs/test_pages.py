"""The pages of runs, as each persona sees them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit.models import Record
from apps.dags.models import Dag
from apps.dispatch.models import LiveJob, Task
from apps.orgs.domain import Visibility
from apps.runs.selectors import tallies_of, tree
from tests.apps.dispatch.makers import arm, claim_one, failed, job_of, say, tasks_of
from tests.apps.runs.makers import armed, browser, completed, dead, page, run_of, splitter
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture
def dag(writer: Persona) -> Dag:
    return armed(writer)


def send(persona: Persona, path: str, **form: str):  # type: ignore[no-untyped-def]
    return browser(persona).post(f"/o/{persona.org.slug}/runs{path}", form, follow=True)


def test_an_empty_list_says_how_a_run_begins(reader: Persona) -> None:
    assert "Nothing has run yet" in page(reader)


def test_a_run_is_a_line_with_all_that_came_of_it(dag: Dag, reader: Persona) -> None:
    dead(dag)
    run_of(dag, blocks=(5000, 5999))

    text = page(reader)

    assert "2 runs" in text and text.count("ranges / start") == 2 and "ranges / chunks" not in text
    assert "1 failed" in text and "1 queued" in text


def test_a_run_is_as_failed_as_what_came_of_it(dag: Dag, reader: Persona) -> None:
    dead(dag)

    rows = page(reader).split("<tbody>")[1]

    assert "Failed" in rows and "Completed" not in rows


def test_what_small_runs_leave_of_the_count_goes_to_a_large_one(dag: Dag) -> None:
    large = completed(dag, blocks=(0, 9)).root_id
    Task.objects.filter(root_id=large).exclude(pk=large).update(status="failed")
    small = completed(dag, blocks=(10, 19)).root_id
    jobs = list(LiveJob.objects.values_list("pk", flat=True))

    told = tallies_of([large, small], jobs, most=1)

    assert not told[large].is_capped and told[large].state == "failed" and told[small].total == 2


def test_tasks_that_are_tried_again_are_a_filter_of_their_own(dag: Dag, reader: Persona) -> None:
    run_of(dag, blocks=(0, 9))
    claimed = claim_one(splitter(dag).pk)
    say(claimed, failed(claimed, retryable=True))
    dead(dag, blocks=(10, 19))

    text = page(reader, "?status=retrying")

    assert "1 task<" in text and "0 to 9" in text and "10 to 19" not in text


def test_a_task_that_is_not_due_yet_waits_and_says_for_what(dag: Dag, reader: Persona) -> None:
    run_of(dag, blocks=(0, 9))
    claimed = claim_one(splitter(dag).pk)
    say(claimed, failed(claimed, words="0-9 is not final yet", wait_seconds=60))

    text = page(reader, f"/{claimed.task_id}")

    assert "Waiting" in text and "0-9 is not final yet" in text and "Retrying" not in text
    runs = page(reader)
    assert "1 waiting" in runs and "retrying" not in runs.split("<tbody>")[1]
    assert "1 task<" in page(reader, "?status=waiting") and "1 task<" not in page(reader, "?status=retrying")


def test_a_task_that_waits_to_be_tried_again_can_be_canceled(dag: Dag, writer: Persona) -> None:
    run_of(dag)
    claimed = claim_one(splitter(dag).pk)
    say(claimed, failed(claimed, retryable=True))

    assert 'data-dialog="cancel"' in page(writer, f"/{claimed.task_id}")
    send(writer, f"/{claimed.task_id}/cancel")
    assert splitter(dag).status == "canceled"


def test_earlier_attempts_are_drawn(dag: Dag, reader: Persona) -> None:
    task = dead(dag)
    Task.objects.filter(pk=task.pk).update(attempt=2)

    assert page(reader, f"/{task.pk}").count('class="bar-failed"') == 2


def test_a_rerun_leads_to_the_task_that_it_made(dag: Dag, writer: Persona) -> None:
    task = dead(dag)

    answer = send(writer, f"/{task.pk}/rerun")

    assert answer.redirect_chain[-1][0].endswith(f"/runs/{splitter(dag).pk}") and splitter(dag).pk != task.pk


def test_what_is_looked_at_before_a_bulk_change_has_a_heading_for_each_cell(dag: Dag, writer: Persona) -> None:
    dead(dag)

    table = page(writer, "/matching?act=retry&status=dead").split("<table")[1].split("</table>")[0]
    head, row = table.split("</thead>")

    assert head.count("<th ") == row.count("<th ") + row.count("<td")


def test_a_replay_leads_back_to_the_dead_letters(dag: Dag, writer: Persona) -> None:
    dead(dag)

    assert f'href="/o/{writer.org.slug}/runs/dead?dag=ranges"' in page(writer, "/matching?act=retry&status=dead&dag=ranges")


def test_what_a_task_led_to_is_told_however_large_its_run_is(dag: Dag, reader: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    run_of(dag)
    task = tasks_of(dag, "start")[0]
    monkeypatch.setattr(tree, "MOST_DRAWN", 1)

    assert f"/runs/{splitter(dag).pk}" in page(reader, f"/{task.pk}")


def test_a_filter_of_tasks_shows_tasks(dag: Dag, reader: Persona) -> None:
    run_of(dag)

    text = page(reader, "?status=queued")

    assert "1 task" in text and "ranges / chunks" in text and "ranges / start" not in text


def test_a_filter_that_cannot_be_read_shows_nothing_and_says_why(dag: Dag, reader: Persona) -> None:
    run_of(dag)

    assert "`block` is a block or a range" in page(reader, "?block=x", status=422)
    assert "you cannot see it" in page(reader, "?dag=never", status=422)


def test_the_list_goes_on_below_and_back_to_the_newest(dag: Dag, reader: Persona) -> None:
    for start in range(42):
        run_of(dag, blocks=(start * 10, start * 10 + 9))
    first = page(reader)
    older = first.split("before=")[1].split('"')[0]

    second = page(reader, f"?&before={older}")

    assert first.count("data-row") == 40 and second.count("data-row") == 2
    assert "Older" not in second and "Newest" in second


def test_the_list_asks_as_often_for_forty_runs_as_for_one(dag: Dag, reader: Persona) -> None:
    run_of(dag)
    client = browser(reader)
    with CaptureQueriesContext(connection) as one:
        client.get(f"/o/{reader.org.slug}/runs")
    for start in range(20):
        run_of(dag, blocks=(start * 10, start * 10 + 9))
    with CaptureQueriesContext(connection) as many:
        client.get(f"/o/{reader.org.slug}/runs")

    assert len(many) <= len(one) <= 20


def test_a_reader_finds_nothing_to_press(dag: Dag, reader: Persona) -> None:
    task = dead(dag)

    assert "all that match" not in page(reader, "?status=dead")
    assert 'data-dialog="retry' not in page(reader, f"/{task.pk}") and "Re-run" not in page(reader, f"/{task.pk}")
    assert browser(reader).get(f"/o/{reader.org.slug}/runs/{task.pk}/rerunning").status_code == 403


def test_a_task_says_what_began_it_and_what_came_of_it(dag: Dag, reader: Persona) -> None:
    task = completed(dag)

    text = page(reader, f"/{task.pk}")

    assert "an event of start" in text and f"/runs/{task.root_id}" in text
    assert "0 to 2,999" in text and "2,000 to 2,999" in text and "worker@tests" in text
    assert "by hand" in page(reader, f"/{task.root_id}")


def test_an_error_is_shown_with_its_stack_and_as_text(dag: Dag, reader: Persona) -> None:
    task = dead(dag, words="<b>no</b> such block")

    text = page(reader, f"/{task.pk}")

    assert "&lt;b&gt;no&lt;/b&gt; such block" in text and "<b>no</b>" not in text


def test_the_picture_has_a_row_for_each_task_of_the_run(dag: Dag, reader: Persona) -> None:
    task = completed(dag)

    text = page(reader, f"/{task.root_id}")

    assert text.count('<svg class="work-bar"') == 2
    assert 'class="depth-0">start' in text and 'class="depth-1"><a' in text


def test_only_what_changes_is_sent_to_htmx(dag: Dag, reader: Persona) -> None:
    task = completed(dag)
    client = browser(reader)
    for path in ("", f"/{task.pk}"):
        text = client.get(f"/o/{reader.org.slug}/runs{path}", headers={"HX-Request": "true"}).text
        assert text.lstrip().startswith("<trace-live") and "<html" not in text


def test_a_strangers_task_is_no_task(dag: Dag, stranger: Persona) -> None:
    root = run_of(dag)

    assert [browser(stranger).get(f"/o/{stranger.org.slug}/runs/{one}").status_code for one in (root, uuid4())] == [404, 404]
    assert "Nothing has run yet" in page(stranger)


def test_inputs_from_a_dag_that_is_not_theirs_to_see_name_none(dag: Dag, reader: Persona, admin: Persona) -> None:
    run_of(dag)
    Dag.objects.filter(pk=dag.pk).update(visibility=Visibility.PRIVATE)

    assert browser(reader).get(f"/o/{reader.org.slug}/runs/{splitter(dag).pk}").status_code == 403
    assert "an event of start" in page(admin, f"/{splitter(dag).pk}")


def test_a_task_is_canceled_from_its_page(dag: Dag, writer: Persona) -> None:
    run_of(dag)

    assert "Canceled." in send(writer, f"/{splitter(dag).pk}/cancel").text
    assert splitter(dag).status == "canceled"
    assert "there is nothing left to cancel" in send(writer, f"/{splitter(dag).pk}/cancel").text


def test_a_running_task_that_is_canceled_says_when_it_hears(dag: Dag, writer: Persona) -> None:
    run_of(dag)
    claim_one(splitter(dag).pk)

    assert "learns at its next heartbeat" in send(writer, f"/{splitter(dag).pk}/cancel").text


def test_a_dead_letter_is_replayed_from_the_list(dag: Dag, writer: Persona) -> None:
    task = dead(dag)
    assert "Replay" in page(writer, "/dead")

    send(writer, f"/{task.pk}/retry")

    assert splitter(dag).status == "queued" and "No dead letters" in page(writer, "/dead")


def test_a_rerun_names_what_it_rewrites_before_it_does(dag: Dag, writer: Persona) -> None:
    task = completed(dag)
    text = page(writer, f"/{task.root_id}/rerunning")
    assert "ranges / chunks" in text and "0-2999" in text and "(2 tasks)" in text

    send(writer, f"/{task.root_id}/rerun")

    assert [one.cause for one in tasks_of(dag, "start")] == ["manual", "rerun"]
    assert not tasks_of(dag, "start")[-1].is_alone


def test_a_task_is_done_again_alone(dag: Dag, writer: Persona) -> None:
    task = completed(dag)

    send(writer, f"/{task.pk}/rerun", alone="1")

    assert splitter(dag).is_alone


def test_the_count_is_named_before_all_that_match_are_canceled(dag: Dag, writer: Persona) -> None:
    for start in (0, 1000):
        run_of(dag, blocks=(start, start + 999))
    assert "2 tasks" in page(writer, "/matching?act=cancel&dag=ranges&status=queued")
    assert splitter(dag).status == "queued"

    done = send(writer, "/matching", act="cancel", dag="ranges", status="queued")

    assert "2 tasks canceled." in done.text
    assert {one.status for one in tasks_of(dag, "chunks")} == {"canceled"}


def test_more_than_one_call_does_goes_on_by_itself(dag: Dag, writer: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.runs.services import bulk

    monkeypatch.setattr(bulk, "_BITE", 1)
    monkeypatch.setattr(bulk, "_BITES", 2)
    for start in range(3):
        run_of(dag, blocks=(start * 10, start * 10 + 9))
    client = browser(writer)
    path, form = f"/o/{writer.org.slug}/runs/matching", {"act": "cancel", "status": "queued"}
    first = client.post(path, form, headers={"HX-Request": "true"}).text
    cursor = first.split('name="cursor" value="')[1].split('"')[0]
    second = client.post(path, form | {"cursor": cursor, "done": "2"}, headers={"HX-Request": "true"}).text

    assert "2 tasks canceled." in first and 'hx-trigger="load, submit"' in first
    assert "3 tasks canceled." in second and "hx-trigger" not in second
    assert Record.objects.filter(action="task.cancel_matching").count() == 3


def test_a_job_is_paused_resumed_and_started_from_the_page_of_its_dag(dag: Dag, writer: Persona) -> None:
    assert "chunks is paused" in send(writer, "/jobs/ranges/chunks/pause", paused="1").text
    assert job_of(dag, "chunks").paused_at is not None
    send(writer, "/jobs/ranges/chunks/pause", paused="0")
    assert job_of(dag, "chunks").paused_at is None

    sent = [send(writer, "/jobs/ranges/start/start", block="5-9", key="once") for _ in range(2)]

    assert "start is started." in sent[0].text and len(tasks_of(dag, "start")) == 1
    assert tasks_of(dag, "start")[0].range_end == 9


def test_the_page_of_a_dag_shows_its_runs_and_the_list_their_ends(dag: Dag, reader: Persona) -> None:
    task = dead(dag)
    client = browser(reader)

    of_dag = client.get(f"/o/{reader.org.slug}/dags/ranges").text
    listed = client.get(f"/o/{reader.org.slug}/dags").text

    assert "1 dead letter." in of_dag and f"/runs/{task.root_id}" in of_dag
    assert 'class="run-bar run-bar-failed"' in listed and f"/runs/{task.root_id}" in listed


def test_home_says_what_failed_and_what_ran(dag: Dag, reader: Persona, stranger: Persona) -> None:
    dead(dag)

    text = browser(reader).get(f"/o/{reader.org.slug}/").text

    assert "1 task failed for good" in text and "Recent runs" in text
    assert "Recent runs" not in browser(stranger).get(f"/o/{stranger.org.slug}/").text


def test_staff_see_the_queues_of_all_orgs(dag: Dag, staff: Persona, reader: Persona) -> None:
    dead(dag)
    run_of(dag, blocks=(5000, 5999))

    seen = browser(staff).get("/platform/health").text

    assert "ecs_platform" in seen and dag.org.slug in seen.split('id="backlogs"')[1]
    assert 'id="backlogs"' not in browser(reader).get("/platform/health").text


def test_a_source_that_fell_says_why_until_it_goes_on(writer: Persona, monkeypatch: pytest.MonkeyPatch) -> None:
    from apps.dispatch import effects, services

    monkeypatch.setitem(effects._RUNTIMES, "ecs_task", lambda _: None)
    source = "source: { kind: always_on }, config: { interval_seconds: 1 }"
    dag = arm(
        writer,
        f"name: ticks\njobs:\n  - {{ name: clock, activation: source, runtime: ecs_platform, operator: ticker, outputs: 1, {source} }}\n",
        name="ticks",
    )
    claimed = claim_one(tasks_of(dag, "clock")[0].pk)
    say(claimed, failed(claimed, retryable=False, words="No provider <answers>."))

    text = browser(writer).get(f"/o/{writer.org.slug}/dags/ticks").text
    assert "Fallen" in text and "No provider &lt;answers&gt;." in text and "it begins again" in text

    LiveJob.objects.update(restart_at=None)
    assert services.keep_sources() == 1
    assert "Fallen" not in browser(writer).get(f"/o/{writer.org.slug}/dags/ticks").text
