"""The outbox by hand: the same tables in one database, so that one transaction takes, sends and settles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import psycopg

from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.json import Json

# Our tables with all their indexes: what remains between this and ours is what our code costs.
_TABLE = "CREATE TABLE bench_outbox (LIKE outbox_message INCLUDING ALL)"
_EMPTY = "TRUNCATE bench_outbox"
_PUT = "INSERT INTO bench_outbox (kind, payload, request_id) SELECT 'bench', p::jsonb, '' FROM unnest(%s::text[]) AS u(p)"
_TAKE = """
SELECT id, payload::text FROM bench_outbox WHERE state = 'pending' AND due_at <= clock_timestamp()
ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
"""
_SEND = "INSERT INTO queue.message (queue, payload) SELECT 'bench', p::jsonb FROM unnest(%s::text[]) AS u(p)"
_SETTLE = "UPDATE bench_outbox SET state = 'done', done_at = clock_timestamp() WHERE id = ANY(%s)"


class Bare:
    def __init__(self, connection: psycopg.Connection, config: Config) -> None:
        self._connection, self._batch = connection, config.outbox_batch
        connection.execute(_TABLE)
        wiring.prepare_queue(replace(config, queue_dsn=config.state_dsn))

    def empty(self) -> None:
        self._connection.execute(_EMPTY)

    def put(self, payloads: Sequence[Json]) -> None:
        self._connection.execute(_PUT, [[json.dumps(payload) for payload in payloads]])

    def publish(self) -> int:
        """One batch; how many it held."""
        with self._connection.transaction():
            rows = self._connection.execute(_TAKE, [self._batch]).fetchall()
            if rows:
                self._connection.execute(_SEND, [[payload for _, payload in rows]])
                self._connection.execute(_SETTLE, [[id_ for id_, _ in rows]])
        return len(rows)
