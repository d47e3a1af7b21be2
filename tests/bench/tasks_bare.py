"""The least that the states of tasks cost: insert, claim, complete in batches, three commits each, and nothing else."""

from __future__ import annotations

import time

import psycopg

BATCH = 100
_TABLE = """
CREATE TABLE IF NOT EXISTS bench_bare (
    id uuid PRIMARY KEY DEFAULT uuidv7(), status smallint NOT NULL DEFAULT 0, fence integer NOT NULL DEFAULT 0, lease_until timestamptz
);
CREATE INDEX IF NOT EXISTS bench_bare_ready ON bench_bare (id) WHERE status = 0;
"""
_PUT = "INSERT INTO bench_bare SELECT FROM generate_series(1, %s)"
_CLAIM = """
WITH c AS (SELECT id FROM bench_bare WHERE status = 0 ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
UPDATE bench_bare AS b SET status = 1, fence = fence + 1, lease_until = now() + interval '2 minutes' FROM c WHERE b.id = c.id
RETURNING b.id, b.fence
"""
_COMPLETE = """
UPDATE bench_bare AS b SET status = 2 FROM unnest(%s::uuid[], %s::int[]) AS v(id, fence)
WHERE b.id = v.id AND b.fence = v.fence AND b.status = 1
"""


def bare_cycle(dsn: str, tasks: int) -> float:
    """Seconds for all of them."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(_TABLE)
        began = time.perf_counter()
        for _ in range(tasks // BATCH):
            connection.execute(_PUT, [BATCH])
            claimed = connection.execute(_CLAIM, [BATCH]).fetchall()
            connection.execute(_COMPLETE, [[row[0] for row in claimed], [row[1] for row in claimed]])
        took = time.perf_counter() - began
        connection.execute("DROP TABLE bench_bare")
    return took
