"""The least that the same partitions cost: their objects put, and a row of each, with its indexes, in a transaction of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import psycopg

from apps.platform import wiring
from apps.platform.config import Config
from tests.bench.commit_ours import Written

_TABLE = "CREATE TABLE bench_bare (LIKE datasets_partition INCLUDING ALL)"
_INSERT = """
INSERT INTO bench_bare (
    version_id, key, range_start, range_end, number, task_id, attempt, prefix, files, rows, size_bytes, manifest_sha256, key_min, key_max, committed_at
) VALUES (%s, %s, %s, %s, 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, now())
"""


class Bare:
    def __init__(self, config: Config) -> None:
        self._store = wiring.object_store(config, bucket=config.data_bucket)
        self._state = psycopg.connect(config.state_dsn, autocommit=True)
        self._state.execute(_TABLE)

    def close(self) -> None:
        self._state.close()

    def put(self, partitions: Sequence[Written]) -> None:
        for one in partitions:
            for key, body in one.objects.items():
                self._store.put(f"bare/{key}", body)

    def insert(self, partitions: Sequence[Written]) -> None:
        for one in partitions:
            self._state.execute(_INSERT, _row(one))


def _row(one: Written) -> list[object]:
    manifest, (published,) = one.manifest, one.said.completion.datasets_published
    return [
        manifest.dataset_version, manifest.partition_key, manifest.key_min, manifest.key_max, manifest.task_id, manifest.attempt,
        next(iter(one.objects)), json.dumps([asdict(file) for file in manifest.files]), manifest.rows, manifest.size_bytes,
        published.manifest_sha256, manifest.key_min, manifest.key_max,
    ]  # fmt: skip
