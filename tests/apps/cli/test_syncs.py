"""Streams at a terminal, against the real application."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from apps.dags.models import Dag
from tests.apps.cli.terminal import Terminal
from tests.apps.dispatch.conftest import keys, signing_keys
from tests.apps.syncing.conftest import runnable
from tests.apps.syncing.makers import begin, break_down, do, fixed, job_of, stream_of, syncing, take
from tests.factories import Persona

__all__ = ["keys", "runnable", "signing_keys"]
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "data"])


@pytest.fixture
def dag(writer: Persona, keys: Iterator[None], queue_tables: None) -> Dag:
    return begin(writer, syncing(fixed(0, 4000), inflight=2))


def test_streams_are_listed(seat: Terminal, dag: Dag) -> None:
    do(take(stream_of(dag), 1))

    run = seat.run("syncs", "chain")

    assert run.code == 0
    assert run.out.splitlines()[1].split()[:5] == ["main_blocks", "running", "3000", "4000", "—"]


def test_as_json_they_are_what_the_api_says(seat: Terminal, dag: Dag) -> None:
    (one,) = json.loads(seat.run("syncs", "chain", "--json").out)

    assert (one["name"], one["ranges"]["in_flight"]) == ("main_blocks", 2)


def test_a_stalled_stream_is_a_failure_and_says_why(seat: Terminal, dag: Dag) -> None:
    for _ in range(2):
        break_down(take(stream_of(dag)))

    run = seat.run("syncs", "chain")

    assert run.code == 1
    assert "4 ranges have failed for good" in run.err


def test_a_stream_is_paused_and_resumed(seat: Terminal, dag: Dag) -> None:
    paused = seat.run("syncs", "pause", "chain", "main_blocks")
    was_paused = job_of(dag).paused_at is not None
    seat.run("syncs", "resume", "chain", "main")

    assert "paused" in paused.out and was_paused
    assert job_of(dag).paused_at is None


def test_watching_says_what_changes_and_ends_when_all_is_done(seat: Terminal, dag: Dag) -> None:
    seat.on_sleep = lambda: do(take(stream_of(dag)))

    run = seat.run("syncs", "chain", "--watch")

    assert run.code == 0
    assert [line.split("  ")[2].split(",  ")[0].split(" done")[0] for line in run.out.splitlines()[:3]] == ["0", "2,000", "4,000"]


def test_a_dag_without_streams_says_what_streams_are(seat: Terminal, dag: Dag, writer: Persona) -> None:
    from tests.apps.dags.makers import manual
    from tests.apps.dispatch.makers import arm

    arm(writer, manual())

    run = seat.run("syncs", "ranges")

    assert run.code == 0 and "has no stream that is active" in run.err
