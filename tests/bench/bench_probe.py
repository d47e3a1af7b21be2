"""A probe's way: outbox, queue, worker, internal plane. Asked for as beat does it, without waiting for its tick."""

from __future__ import annotations

import time

import psycopg
from celery import Celery

from tests.bench.percentiles import p50, p95
from tests.bench.report import Report
from tests.bench.stage import Stage
from tests.journeys.stack import StackProcess, wait_until

WARM_UP, PROBES = 5, 40
BARE = "two bare commits and a NOTIFY between them"
_TRIPS = """
SELECT extract(epoch FROM received_at - sent_at)::float8 * 1000 FROM dispatch_probe
WHERE received_at IS NOT NULL ORDER BY sent_at OFFSET %s
"""
_TABLE = "CREATE TABLE bench_hop (id uuid PRIMARY KEY DEFAULT uuidv7(), received_at timestamptz)"
_SEND = "WITH sent AS (INSERT INTO bench_hop DEFAULT VALUES RETURNING id) SELECT pg_notify('bench_hop', id::text) FROM sent"
_RECEIVE = "UPDATE bench_hop SET received_at = clock_timestamp() WHERE id = %s"


def run(report: Report, stage: Stage) -> None:
    trips, hops = _measure(stage.stack)
    report.add("probe.p50", p50(trips), "ms", baseline=(BARE, p50(hops)))
    report.add("probe.p95", p95(trips), "ms", baseline=(BARE, p95(hops)))


def _measure(stack: StackProcess) -> tuple[list[float], list[float]]:
    broker = Celery(broker=stack.facts["broker"], set_as_current=False)
    with stack.connect("state") as here, stack.connect("state") as there, broker as celery:
        here.execute(_TABLE)
        there.execute("LISTEN bench_hop")
        hops = []
        for _ in range(WARM_UP + PROBES):
            # In turn, so that both meet the same moments of the machine.
            _travel(here, celery)
            hops.append(_hop(here, there))
        return [took for (took,) in here.execute(_TRIPS, [WARM_UP])], hops[WARM_UP:]


def _travel(state: psycopg.Connection, celery: Celery) -> None:
    before = _arrived(state)
    celery.send_task("dispatch.send_probe", queue="dispatch", ignore_result=True)
    wait_until(lambda: _arrived(state) > before, what="a probe did not come back")


def _arrived(state: psycopg.Connection) -> int:
    ((count,),) = state.execute("SELECT count(received_at) FROM dispatch_probe")
    return int(count)


def _hop(here: psycopg.Connection, there: psycopg.Connection) -> float:
    """In milliseconds. No second process is needed: a notice leaves at the commit and no sooner."""
    started = time.perf_counter()
    here.execute(_SEND)
    (notice,) = there.notifies(timeout=5, stop_after=1)
    there.execute(_RECEIVE, [notice.payload])
    return (time.perf_counter() - started) * 1000
