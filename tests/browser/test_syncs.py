"""Streams on the page of their DAG, in a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from apps.dags.models import Dag
from apps.syncing.models import SyncStream
from tests.apps.dispatch.conftest import keys, signing_keys
from tests.apps.syncing.conftest import runnable
from tests.apps.syncing.makers import begin, break_down, do, fixed, job_of, stream_of, syncing, take
from tests.factories import Persona
from tests.fixtures.browser import Visit

__all__ = ["keys", "runnable", "signing_keys"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FOLLOWING = """  - name: tip
    kind: chain_sync
    chain_id: 31337
    mode: { kind: follow_head, from_block: 19000000, tail_lag: 64 }
    streams:
      - { dataset_key: logs, cryo_dataset_name: logs, rpc_pool: archive, chunk_size: 2000, max_inflight: 20 }
      - { dataset_key: transactions, cryo_dataset_name: transactions, rpc_pool: archive, chunk_size: 2000, max_inflight: 20 }
"""


@pytest.fixture
def dag(writer: Persona, keys: Iterator[None], queue_tables: None) -> Dag:
    """One that is half done with a failure, one that has no head, one that is done with what there is."""
    dag = begin(writer, syncing(fixed(0, 20_000), inflight=4, extra=FOLLOWING))
    for _ in range(2):
        do(take(stream_of(dag)))
    break_down(take(stream_of(dag), 1))
    now = timezone.now()
    SyncStream.objects.filter(pk=stream_of(dag).pk).update(going_since=now - timedelta(seconds=60), rows_done=812_000)
    SyncStream.objects.filter(dag=dag, name="tip_transactions").update(
        state="running", reason="It is at the head: the next range is planned when block 19,003,999 is 64 behind the head, which is at"
        " 19,002,700.", head_number=19_002_700, head_seen_at=now, target=19_002_637, cursor=19_002_000, ranges=1, ranges_done=1,
        blocks=2000, blocks_done=2000, rows_done=312_451, is_caught_up=True, going_since=now - timedelta(hours=2),
    )  # fmt: skip
    return dag


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_everybody_can_read_it(visit: Visit, writer: Persona, dag: Dag, theme: str, width: int) -> None:
    visitor = visit(writer, theme=theme, width=width)
    page = visitor.go(f"/o/{writer.org.slug}/dags/chain")
    expect(page.get_by_role("heading", name="Syncs")).to_be_visible()

    assert visitor.axe() == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("LOOK"):
        page.screenshot(path=Path(folder) / f"syncs-{theme}-{width}.png", full_page=True)


def test_what_changes_is_shown_and_the_focus_stays(visit: Visit, writer: Persona, dag: Dag) -> None:
    page = visit(writer).go(f"/o/{writer.org.slug}/dags/chain")
    button = page.get_by_role("button", name="Pause main_blocks").first
    button.focus()
    expect(page.locator("#syncs")).to_contain_text("8,000 done (40.0 %)")

    do(take(stream_of(dag), 2))

    expect(page.locator("#syncs")).to_contain_text("10,000 done (50.0 %)", timeout=15_000)
    assert page.evaluate("document.activeElement.id") == f"hold-{job_of(dag).pk}"


def test_a_stream_is_paused_and_resumed_there(visit: Visit, writer: Persona, dag: Dag) -> None:
    page = visit(writer).go(f"/o/{writer.org.slug}/dags/chain")

    page.locator("#syncs").get_by_role("button", name="Pause main_blocks").click()
    expect(page.locator("#syncs").get_by_role("button", name="Resume main_blocks")).to_be_visible()
    was_paused = job_of(dag).paused_at is not None
    page.locator("#syncs").get_by_role("button", name="Resume main_blocks").click()

    expect(page.locator("#syncs").get_by_role("button", name="Pause main_blocks")).to_be_visible()
    assert was_paused and job_of(dag).paused_at is None


def test_the_ranges_that_failed_are_a_click_away(visit: Visit, writer: Persona, dag: Dag) -> None:
    page = visit(writer).go(f"/o/{writer.org.slug}/dags/chain")

    page.get_by_role("link", name="1 range: look and retry").click()

    expect(page.get_by_text("no such block").first).to_be_visible()
