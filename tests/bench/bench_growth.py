"""Whether tasks go as fast beside a million old ones, with their attempts, inputs, events and lines, as beside none.

`TRACE_BENCH_OLD_TASKS=10000000` makes it ten million; that takes some 15 GB and half an hour.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import psycopg

from tests.bench.percentiles import p50
from tests.bench.report import Report
from tests.bench.stage import Stage, running_stack, temporary_directory
from tests.bench.tasks_ours import Ours
from tests.journeys.stack import StackProcess

TASKS, ROUNDS, CHAINS = 1_000, 5, 4
OLD = int(os.environ.get("TRACE_BENCH_OLD_TASKS", "1000000"))
BITE = 100_000
# Some in every state that is over, in the month before this one.
_MONTH = "SELECT dispatch_add_month(now() - interval '1 month')"
_OLD = """
WITH made AS (
    INSERT INTO dispatch_task (
        id, org_id, job_id, version_job_id, generation, root_id, cause, dedupe_key, is_alone, status, attempt, failures, priority, runtime,
        position, partition_key, range_start, range_end, created_at, queued_at, handed_at, claimed_at, ended_at, worker_id, lease_token, container, container_attempt
    )
    SELECT one.id, j.org_id, j.id, j.job_id, j.generation, one.id, 'event', 'old:' || n, false,
        (ARRAY['completed', 'completed', 'completed', 'completed', 'failed', 'canceled'])[1 + n %% 6], 1, 0, 1, 'ecs_platform',
        NULL, n::text, n, n, at, at, at, at, at, 'w', gen_random_uuid(), '', 0
    FROM (
        SELECT n, at, (substr(dispatch_id_at(at)::text, 1, 14) || substr(gen_random_uuid()::text, 15))::uuid AS id
        FROM (
            SELECT n, date_trunc('month', now() - interval '1 month') + random() * interval '28 days' AS at
            FROM generate_series(%(first)s::int, %(last)s::int) AS n
        ) AS numbered
    ) AS one, (SELECT * FROM dispatch_livejob WHERE name = 'leaf' LIMIT 1) AS j
    RETURNING id, org_id, job_id, generation, dedupe_key, created_at
), keyed AS (
    INSERT INTO dispatch_dedupe (job_id, key, task_id) SELECT job_id, dedupe_key, id FROM made
), tried AS (
    INSERT INTO dispatch_attempt (id, org_id, task_id, number, worker_id, claimed_at, ended_at, outcome, digest, metrics, log_lines, log_bytes, log_dropped)
    SELECT id, org_id, id, 1, 'w', created_at, created_at, 'completed', md5(id::text), '{"trace.pid": 1}', 3, 60, 0 FROM made
), said AS (
    INSERT INTO dispatch_event (
        id, org_id, job_id, task_id, root_id, generation, attempt, output, kind, partition_key, range_start, range_end, materialisation,
        identity, created_at, routed_at
    )
    SELECT id, org_id, job_id, id, id, generation, 1, 0, 'range', dedupe_key, 1, 1, 1, dedupe_key, created_at, created_at FROM made
), came AS (
    INSERT INTO dispatch_taskinput (id, task_id, input, event_id) SELECT id, id, 0, id FROM made
)
INSERT INTO dispatch_logchunk (id, org_id, task_id, attempt, first_line, lines, at_ms, levels, texts)
SELECT id, org_id, id, 1, 0, 3, ARRAY[1, 2, 3], 'iii', ARRAY['begun', 'a line of a log that says something', 'done'] FROM made
"""


def run(report: Report, stage: Stage) -> None:
    """Two stacks, one with a past and one without, asked in turn: both meet the same moments of the machine."""
    with _stack() as old, _stack() as young:
        _age(old)
        with _ours(old) as aged, _ours(young) as fresh:
            rounds = [(_rate(fresh), _rate(aged)) for _ in range(ROUNDS)]
            chains = [(fresh.chain(), aged.chain()) for _ in range(CHAINS)]
    name = "a stack without a past, in turn"
    empty, full = (median(rates) for rates in zip(*rounds, strict=True))
    hop_fresh, hop_aged = (p50([hop for chain in told for hop in chain]) for told in zip(*chains, strict=True))
    report.add(f"growth.throughput_beside_{OLD:,}", full, "tasks/s", baseline=(name, empty))
    report.add("growth.throughput_ratio", full / empty, "×", aim=("≥", 0.8))
    report.add("growth.hop_p50", hop_aged, "ms", baseline=(name, hop_fresh))


@contextmanager
def _stack() -> Iterator[StackProcess]:
    """Of its own: what it leaves would slow down what comes after."""
    with temporary_directory() as folder, running_stack(folder) as stack:
        ours = Ours(stack)
        ours.deploy()
        ours.close()
        yield stack


@contextmanager
def _ours(stack: StackProcess) -> Iterator[Ours]:
    """Warm: its plans know how large the tables are."""
    ours = Ours(stack)
    for _ in range(2):
        ours.fan(TASKS)
        ours.chain()
    yield ours
    ours.close()


def _rate(ours: Ours) -> float:
    return TASKS / ours.fan(TASKS).seconds


def _age(stack: StackProcess) -> None:
    with stack.connect("state") as state:
        state.execute(_MONTH)
        state.execute("SET synchronous_commit = off")
        for first in range(0, OLD, BITE):
            state.execute(_OLD, {"first": first, "last": min(first + BITE, OLD) - 1})
        _settle(state)


def _settle(state: psycopg.Connection) -> None:
    """As months that were written long ago are."""
    for table in ("task", "attempt", "event", "taskinput", "logchunk", "dedupe"):
        state.execute(f"VACUUM (ANALYZE) dispatch_{table}")
