"""Rows per second through the sink: fetched from the object store, read and checked against the schema, written with the ledger.

Beside it COPY of the very same rows, made into its own format beforehand, into a table with the same columns, checks and
indexes. What the dispatcher says of a batch, two calls of it, is not in either.
"""

# ruff: noqa: S608  names of tables, made of ids
from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from uuid import UUID, uuid4

import httpx
import psycopg

from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.contracts.buffers import BatchClaimed, BatchColumn
from apps.platform.ports.objects import ObjectStore
from apps.platform.tables import Column, OrgNames, Shape, table_name
from tests.bench.report import Report
from tests.bench.stage import Stage, seconds_of, servers_alone
from tests.plugin import settings_of
from tests.servers import PASSWORD, Servers
from workers.supervisor import roles

ROWS, BATCH_ROWS, ROUNDS = 1_000_000, 50_000, 2
BARE = "bare COPY of the same rows, made ready before"
COLUMNS = {
    "block_number": "int64", "log_index": "int32", "address": "address", "tx_hash": "hash", "topic": "hash", "amount": "uint256", "at": "timestamp",
}  # fmt: skip
SHAPE = Shape(tuple(Column(name, kind) for name, kind in COLUMNS.items()), ("block_number", "log_index"), (("address",),))


@dataclass(frozen=True)
class Batch:
    key: str
    copy: bytes


def run(report: Report, stage: Stage) -> None:
    with servers_alone() as servers, _store(servers) as (config, store):
        batches = list(_batches(store))
        rounds = [(_sunk(config, store, batches), _copied(config, batches)) for _ in range(ROUNDS)]
    ours, bare = (ROWS / median(seconds) for seconds in zip(*rounds, strict=True))
    report.add("sink.rows", ours, "rows/s", baseline=(BARE, bare), aim=("≥", bare / 2))


@contextmanager
def _store(servers: Servers) -> Iterator[tuple[Config, ObjectStore]]:
    roles.provision(servers.postgres.dsn("postgres"), dict.fromkeys(roles.ROLE_NAMES, PASSWORD))
    told = settings_of(servers) | {
        "TRACE_DATA_DSN": servers.postgres.dsn(roles.DATA, role="trace_sink", password=PASSWORD),
        "TRACE_TABLES_DSN": servers.postgres.dsn(roles.DATA, role="trace_tables", password=PASSWORD),
    }
    config = Config.from_env({name: value for name, value in told.items() if name.startswith("TRACE_")})
    yield config, wiring.object_store(config, bucket=config.scratch_bucket)


def _batches(store: ObjectStore) -> Iterator[Batch]:
    chance = random.Random(1)
    for start in range(0, ROWS, BATCH_ROWS):
        rows = [_row(number, chance) for number in range(start, start + BATCH_ROWS)]
        key = f"bench/{start}.jsonl"
        store.put(key, b"".join(json.dumps(row, separators=(",", ":")).encode() + b"\n" for row in rows))
        yield Batch(key, "".join(_as_copy(row) for row in rows).encode())


def _row(number: int, chance: random.Random) -> dict[str, object]:
    return {
        "block_number": 19_000_000 + number // 100, "log_index": number % 100, "address": f"0x{chance.getrandbits(160):040x}",
        "tx_hash": f"0x{chance.getrandbits(256):064x}", "topic": f"0x{chance.getrandbits(256):064x}",
        "amount": str(chance.getrandbits(chance.randint(1, 256))), "at": f"2026-01-15T{number % 24:02}:00:00Z",
    }  # fmt: skip


def _as_copy(row: dict[str, object]) -> str:
    return "\t".join(str(value).replace("0x", "\\\\x") for value in row.values()) + "\n"


def _sunk(config: Config, store: ObjectStore, batches: Sequence[Batch]) -> float:
    # Here, so that a run of other benches does not load Arrow.
    from workers.sink.reading import read
    from workers.sink.writing import Writer

    org_id, dataset_id = uuid4(), uuid4()
    _make_table(config, org_id, dataset_id)
    writer = Writer(config.data_dsn)
    links = [store.presign_get(batch.key, expires=timedelta(hours=1)) for batch in batches]
    # As the dispatcher numbers them: those that come later are larger.
    claims = [_claim(org_id, dataset_id, number, link) for number, link in enumerate(links)]

    def sink() -> None:
        with httpx.Client() as client:
            for claim in claims:
                writer.write(claim, read(claim, client.get(claim.url).content))

    seconds = seconds_of(sink)
    writer.close()
    _expect(config, org_id, dataset_id)
    return seconds


def _claim(org_id: UUID, dataset_id: UUID, number: int, link: str) -> BatchClaimed:
    columns = [BatchColumn(name=one.name, type=one.type, nullable=one.nullable) for one in SHAPE.columns]
    batch_id = UUID(int=number + (org_id.int << 32) % 2**128)
    return BatchClaimed(
        batch_id=batch_id, order=batch_id, org_id=org_id, dataset_id=dataset_id, task_id=uuid4(), job_id=uuid4(),
        columns=columns, unique=list(SHAPE.unique), replaces=True, content_type="application/x-ndjson", size_bytes=0, url=link,
        hold_seconds=300,
    )  # fmt: skip


def _make_table(config: Config, org_id: UUID, dataset_id: UUID) -> None:
    from apps.tables.ddl.making import TableMaker
    from apps.tables.ddl.orgs import ensure_org

    with psycopg.connect(config.tables_dsn) as connection:
        ensure_org(connection, OrgNames(org_id))
        TableMaker(connection, OrgNames(org_id), dataset_id).create(SHAPE)


def _copied(config: Config, batches: Sequence[Batch]) -> float:
    """As the owner of a table that is alike."""
    org_id, dataset_id = uuid4(), uuid4()
    _make_table(config, org_id, dataset_id)
    table = f"{OrgNames(org_id).schema}.{table_name(dataset_id)}"
    with psycopg.connect(config.tables_dsn, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE {table} ALTER COLUMN _batch DROP NOT NULL")

        def copy_all() -> None:
            for batch in batches:
                with connection.cursor().copy(f"COPY {table} ({', '.join(COLUMNS)}) FROM STDIN") as copy:
                    copy.write(batch.copy)

        seconds = seconds_of(copy_all)
    _expect(config, org_id, dataset_id)
    return seconds


def _expect(config: Config, org_id: UUID, dataset_id: UUID) -> None:
    with psycopg.connect(config.tables_dsn) as connection:
        found = connection.execute(f"SELECT count(*) FROM {OrgNames(org_id).schema}.{table_name(dataset_id)}").fetchone()
        connection.execute(f"DROP SCHEMA {OrgNames(org_id).schema} CASCADE")
    assert found == (ROWS,), found
