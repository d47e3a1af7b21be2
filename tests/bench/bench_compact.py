"""Rows per second from a hot table of transactions into sorted Parquet: read as the org's reader, made into the types of files,
checked for wholeness, written with its hashes. To a folder: the object store is the same for whoever writes.

Beside it COPY TO of the very same rows in the very same order, which pyarrow reads as plain text and writes with the same compression.
"""

# ruff: noqa: S608  names of tables, made of ids
from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median
from uuid import UUID, uuid4

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql
from pyarrow import csv

from apps.platform.tables import KINDS, Column, OrgNames, Shape, table_name
from apps.tables.ddl.making import TableMaker
from apps.tables.ddl.orgs import ensure_org
from operators.parquet_compact.config import ParquetCompactConfig
from operators.parquet_compact.operator import ParquetCompact
from operators.sdk.chain.transactions import TRANSACTIONS
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Recording
from tests.bench.report import Report
from tests.bench.stage import Stage, seconds_of, servers_alone
from tests.servers import PASSWORD
from workers.child.hot import opened_hot
from workers.supervisor import roles
from workers.tables.reading import Snapshots

BLOCKS, IN_A_BLOCK, ROUNDS = 2_000, 100, 3
# As its config has it.
GROUP_ROWS = 100_000
ROWS = BLOCKS * IN_A_BLOCK
WITHIN = Range(0, BLOCKS - 1)
KEY = ("block_number", "transaction_index")
BARE = "bare COPY TO of the same rows, and pyarrow's write of them as text"
SHAPE = Shape(tuple(Column(one.name, one.type.value, one.nullable) for one in TRANSACTIONS), KEY)
# As transactions are: hashes that nothing compresses, values of all sizes, call data of 0 to 500 bytes.
_HASH = "sha256(({}::text || '{}')::bytea)"
_VALUES = {
    "block_hash": _HASH.format("b", "b"), "transaction_hash": _HASH.format("(b * 1000 + i)", "t"), "nonce": "b + i",
    "from_address": f"substr({_HASH.format('i', 'f')}, 1, 20)", "to_address": f"substr({_HASH.format('(b % 500)', 'a')}, 1, 20)",
    "value_binary": "(random() * 1e18)::numeric(40)", "value_string": "(b * 1000 + i)::text", "value_f64": "random()",
    "input": f"decode(repeat(encode({_HASH.format('(b * 1000 + i)', 'd')}, 'hex'), (i % 16)), 'hex')", "block_number": "b",
    "transaction_index": "i", "success": "true", "chain_id": "1",
}  # fmt: skip


def run(report: Report, stage: Stage) -> None:
    with servers_alone() as servers:
        roles.provision(servers.postgres.dsn("postgres"), dict.fromkeys(roles.ROLE_NAMES, PASSWORD))
        dsn = servers.postgres.dsn(roles.DATA)
        with _table(dsn) as (org, dataset_id, login):
            rounds = [
                (seconds_of(lambda: _compacted(login, org, dataset_id)), seconds_of(lambda: _bare(dsn, org, dataset_id)))
                for _ in range(ROUNDS)
            ]
    ours, bare = (ROWS / median(seconds) for seconds in zip(*rounds, strict=True))
    report.add("compact.rows", ours, "rows/s", baseline=(BARE, bare))


@contextmanager
def _table(dsn: str) -> Iterator[tuple[OrgNames, UUID, str]]:
    org, dataset_id = OrgNames(uuid4()), uuid4()
    with psycopg.connect(dsn, autocommit=True) as connection:
        with connection.transaction():
            ensure_org(connection, org)
            TableMaker(connection, org, dataset_id).create(SHAPE)
        names = [column.name for column in TRANSACTIONS]
        values = [_VALUES.get(column.name, f"21000::{KINDS[column.type.value].sql}") for column in TRANSACTIONS]
        statement = (
            f"INSERT INTO {org.schema}.{table_name(dataset_id)} ({', '.join(names)}, _batch) SELECT {', '.join(values)}, gen_random_uuid()"
            f" FROM generate_series(0, {BLOCKS - 1}) AS b, generate_series(0, {IN_A_BLOCK - 1}) AS i"
        )
        connection.execute(statement)
        connection.execute(f"VACUUM ANALYZE {org.schema}.{table_name(dataset_id)}")
        ((password,),) = connection.execute(f"SELECT password FROM {org.schema}._reading").fetchall()
    yield org, dataset_id, f"postgresql://{org.reading}:{password}@{dsn.rpartition('@')[2]}"


def _compacted(login: str, org: OrgNames, dataset_id: UUID) -> None:
    columns = [{"name": one.name, "type": one.type, "nullable": one.nullable} for one in SHAPE.columns]
    told = {
        "dsn": login,
        "org_id": str(org.org_id),
        "dataset_id": str(dataset_id),
        "columns": columns,
        "unique": KEY,
        "pin": None,
    }
    with closing(Snapshots()) as snapshots:
        config = ParquetCompactConfig(chain_id=1, hot_dataset="hot", finality_depth_blocks=1)
        below = Range(0, WITHIN.end - 1)
        task = Recording(config, arrived=[Arrived(0, Event(0, range=below))], hots={"hot": opened_hot("hot", told, snapshots)})
        ParquetCompact().run(task)
        assert task.store.manifest(0, below).rows == ROWS - IN_A_BLOCK


def _bare(dsn: str, org: OrgNames, dataset_id: UUID) -> None:
    names = sql.SQL(", ").join(sql.Identifier(column.name) for column in TRANSACTIONS)
    table = sql.Identifier(org.schema, table_name(dataset_id))
    statement = sql.SQL(
        "COPY (SELECT {} FROM {} WHERE block_number BETWEEN 0 AND {} ORDER BY block_number, transaction_index) TO STDOUT (FORMAT csv)"
    )
    schema = pa.schema([(column.name, pa.string()) for column in TRANSACTIONS])
    with (
        psycopg.connect(dsn) as connection,
        tempfile.TemporaryDirectory() as folder,
        pq.ParquetWriter(Path(folder) / "bare.parquet", schema, compression="zstd") as written,
        connection.cursor().copy(statement.format(names, table, sql.Literal(WITHIN.end - 1))) as copy,
    ):
        waiting: list[bytes] = []
        for row in copy:
            waiting.append(bytes(row))
            if len(waiting) == GROUP_ROWS:
                written.write_table(_as_text(b"".join(waiting), schema))
                waiting = []
        written.write_table(_as_text(b"".join(waiting), schema))


def _as_text(body: bytes, schema: pa.Schema) -> pa.Table:
    return csv.read_csv(
        pa.BufferReader(body), csv.ReadOptions(column_names=schema.names), convert_options=csv.ConvertOptions(column_types=schema)
    )
