"""DAGs whose blocks lie in a table, and what is in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psutil

from apps.platform.tables import OrgNames, table_name
from operators.demo_blocks.chain import blocks
from operators.demo_blocks.config import DemoBlocksConfig
from operators.demo_blocks.declaration import DECLARATION
from tests.documents import chunked, reactive
from tests.drills import faults
from tests.drills.hands import Hands
from tests.journeys.stack import StackProcess, wait_until

# ruff: noqa: S608  names of tables, made of ids
DIRECT = {"storage": "postgres", "write_mode": "direct"}
COLUMNS = [{"name": one.name, "type": one.type.value, "nullable": one.nullable} for one in DECLARATION.outputs[0].columns]
BUFFERED = {"storage": "postgres", "write_mode": "buffered", "schema": {"columns": COLUMNS, "unique": ["block_number"]}}
_TABLE = "SELECT t.dataset_id, t.org_id, t.state FROM tables_hottable AS t JOIN datasets_dataset AS d ON d.id = t.dataset_id WHERE d.name = %s"
_ARMED = (
    "SELECT count(*) FROM dispatch_livejob AS j JOIN dags_dag AS d ON d.id = j.dag_id WHERE d.name = %s AND j.name = 'blocks'"
)
_STATES = """
SELECT t.status, count(*) FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id JOIN dags_dag AS d ON d.id = j.dag_id
WHERE d.name = %s AND j.name = 'blocks' GROUP BY 1
"""
_WRITERS = """
SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE l.relation = '{table}'::regclass AND a.application_name = 'trace-task'
"""
_ATTEMPTS = """
SELECT max(t.attempt) FROM dispatch_task AS t JOIN dispatch_livejob AS j ON j.id = t.job_id JOIN dags_dag AS d ON d.id = j.dag_id
WHERE d.name = %s AND j.name = 'blocks'
"""


def document(name: str, kept: dict[str, Any], *, chunk: int, seed: int = 1, **job: Any) -> str:
    blocks_of_chunks = reactive("blocks", "demo_blocks", seed=seed) | job
    return chunked(name, blocks_of_chunks, chunk=chunk, publish={f"{name}_blocks": {"from": {"job": "blocks"}} | kept})


class Blocks:
    """Of one DAG on a running stack. `stack` may be another one by the next call."""

    def __init__(self, stack: Any, name: str, kept: dict[str, Any], *, chunk: int, **job: Any) -> None:
        self._stack, self.name = stack, name
        self.hands = Hands(stack)
        self.hands.activate(name, self.hands.send(name, document(name, kept, chunk=chunk, **job)))
        wait_until(lambda: self.state(_ARMED)[0][0] > 0, what=f"{name} was not armed")

    @property
    def stack(self) -> StackProcess:
        stack: StackProcess = self._stack()
        return stack

    def run(self, first: int, last: int) -> None:
        self.hands.start(f"{self.name}-{first}-{last}", first, last, dag=self.name)

    def state(self, query: str) -> list[Any]:
        with self.stack.connect("state") as connection:
            name = f"{self.name}_blocks" if query is _TABLE else self.name
            return connection.execute(query, [name]).fetchall()

    def tasks(self) -> dict[str, int]:
        return dict(self.state(_STATES))

    def attempts(self) -> int:
        """Of the task that has had the most."""
        return int(self.state(_ATTEMPTS)[0][0])

    @property
    def table(self) -> str:
        ((dataset_id, org_id, _),) = self.state(_TABLE)
        return f"{OrgNames(org_id).schema}.{table_name(dataset_id)}"

    @property
    def dataset_id(self) -> UUID:
        found: UUID = self.state(_TABLE)[0][0]
        return found

    def ask(self, query: str) -> list[Any]:
        with faults.superuser(self.stack, "trace_data") as data:
            return data.execute(query.format(table=self.table).encode()).fetchall()

    def is_writing(self) -> bool:
        """A task is in the middle of a write of its own."""
        ((writers,),) = self.ask(_WRITERS)
        return bool(writers)

    def count(self, *, below: int = 2**32) -> int:
        return int(self.ask(f"SELECT count(*) FROM {{table}} WHERE block_number < {below}")[0][0])

    def content(self, *, below: int = 2**32) -> str:
        names = ", ".join(str(column["name"]) for column in COLUMNS)
        return _digest(self.ask(f"SELECT {names} FROM {{table}} WHERE block_number < {below} ORDER BY block_number"))

    def wait_for_rows(self, rows: int, *, below: int = 2**32, seconds: float = 120) -> None:
        wait_until(
            lambda: self.count(below=below) == rows,
            seconds=seconds,
            what=f"{self.name} did not come to {rows:,} rows: {self.tasks()}",
        )


def expected(first: int, last: int, *, seed: int = 1) -> str:
    table = blocks(DemoBlocksConfig(seed=seed), first, last)
    return _digest([tuple(row.values()) for row in table.to_pylist()])


def children(stack: StackProcess) -> list[psutil.Process]:
    """That make blocks."""
    return [one for one in faults.process(stack, "worker").children(recursive=True) if "demo_blocks" in one.cmdline()]


def _digest(rows: list[Any]) -> str:
    digest = hashlib.sha256()
    for row in _plain(rows):
        digest.update(repr(row).encode())
    return digest.hexdigest()


def _plain(rows: list[Any]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield tuple(value if isinstance(value, (bytes, str)) else int(value) for value in row)
