"""A stack that follows chains: pools, DAGs and hot tables, by the API and by the role that reads for queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from io import BytesIO
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pyarrow.parquet as pq
from psycopg import sql
from psycopg.rows import dict_row

from apps.platform.tables import OrgNames, table_name
from tests.fixtures.chain import NodeAt
from tests.journeys.stack import StackProcess
from tests.operators.block_follower.following import differences

HOT = ("hot_blocks", "hot_transactions", "hot_logs")
_WHERE = "SELECT org_id, id FROM datasets_dataset WHERE name = %s"


def follower(name: str, *, chain_id: int, pool: str, prefix: str = "", **config: Any) -> str:
    """A DAG that follows a chain into three tables."""
    told = ", ".join(
        f"{key}: {value}" for key, value in {"chain_id": chain_id, "rpc_pool": pool, "start_block": 0, **config}.items()
    )
    published = "\n".join(
        f"  {prefix}{dataset}: {{ from: {{ job: follow, output: {output} }} }}" for output, dataset in enumerate(HOT)
    )
    return (
        f"name: {name}\njobs:\n  - name: follow\n    activation: source\n    runtime: ecs_platform\n    operator: block_follower\n"
        f"    outputs: 3\n    source: {{ kind: always_on }}\n    config: {{ {told} }}\npublish:\n{published}\n"
    )


class Chains:
    """`person`s act by their tokens, as a program would."""

    def __init__(self, stack: StackProcess) -> None:
        self.stack, self.facts = stack, stack.facts

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None, *, person: str = "admin") -> Any:
        token = self.facts["demo"]["people"][person]["token"]
        answer = httpx.request(
            method, self.facts["urls"]["public"] + path, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30, trust_env=False
        )  # fmt: skip
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def add_pool(self, name: str, providers: Mapping[str, str], *, chain_id: int) -> None:
        """`providers`: where each is, by name."""
        self.call("PUT", f"/v1/platform/rpc-pools/{name}", {"kind": "evm", "chain_id": chain_id})
        for provider, url in providers.items():
            told = {"url": url, "ws_url": url.replace("http", "ws", 1)}
            self.call("PUT", f"/v1/platform/rpc-pools/{name}/providers/{provider}", told)

    def deploy(self, text: str, *, name: str) -> None:
        version = self.call("POST", f"/v1/dags/{name}/versions", {"yaml": text}, person="writer")
        self.call("PUT", f"/v1/dags/{name}/active", {"version_id": version["id"]}, person="writer")

    def tasks(self, dag: str, job: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"/v1/tasks?dag={dag}" + (f"&job={job}" if job else ""))["results"]
        return found

    def table(self, dataset: str) -> tuple[OrgNames, UUID]:
        with psycopg.connect(self.facts["dsn"]["state"]) as connection:
            found = connection.execute(_WHERE, [dataset]).fetchone()
        assert found, f"there is no dataset {dataset}"
        return OrgNames(found[0]), found[1]

    def reading(self, dataset: str) -> psycopg.Connection[dict[str, Any]]:
        """As the org's reader, who sees nothing else."""
        names, _ = self.table(dataset)
        connection = psycopg.connect(self.facts["dsn"]["query"], autocommit=True, row_factory=dict_row)
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(names.reader)))
        return connection

    def rows(self, dataset: str, what: str = "*") -> list[dict[str, Any]]:
        names, dataset_id = self.table(dataset)
        query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(what), sql.Identifier(names.schema, table_name(dataset_id)))
        with closing(self.reading(dataset)) as connection:
            return connection.execute(query).fetchall()

    def read_as_one(self, cold: str, hot: str) -> list[dict[str, Any]]:
        """As the union of both is read: every partition, and of the table what lies in none."""
        # In this order: what goes from the table meanwhile lies in files already.
        rows, told = self.rows(hot), self._partitions(cold)
        covered = [tuple(map(int, one["partition"].split("-"))) for one in told]
        left = [row for row in rows if not any(start <= row["block_number"] <= end for start, end in covered)]
        return left + self._rows_of(told)

    def files_of(self, dataset: str) -> list[dict[str, Any]]:
        return self._rows_of(self._partitions(dataset))

    def _partitions(self, dataset: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.call("GET", f"/v1/datasets/{dataset}/files")["partitions"]
        return found

    def _rows_of(self, partitions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for part in partitions:
            for file in part["files"]:
                body = httpx.get(file["url"], timeout=30, trust_env=False).raise_for_status().content
                rows += pq.read_table(BytesIO(body)).to_pylist()
        return rows

    def differences(self, node: NodeAt, *, prefix: str = "") -> list[str]:
        """Between the tables and the node's own answer, block by block."""
        found: Sequence[list[dict[str, Any]]] = [self.rows(prefix + dataset) for dataset in HOT]
        return differences(node, lambda output: found[output])

    def is_at(self, node: NodeAt, *, prefix: str = "") -> bool:
        (row,) = self.rows(prefix + HOT[0], "max(block_number) AS head")
        return bool(row["head"] == node.head)
