"""Tables of datasets in *data*: what they are called, and how a column of a dataset is one of PostgreSQL.

Both who makes a table and who writes it read it here. Names are made of ids: a name of ours may be longer than PostgreSQL's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self
from uuid import UUID

# The ledger of an org: which batches its tables hold already.
LEDGER = "_applied"
# Of an org too: which attempt of a task may write a table itself, and what the login of its tasks opens with.
FENCE, LOGIN = "_fence", "_login"
# What the login of its tasks that only read opens with; and which ranges went from tables to files, and are deleted here.
READING, COMPACTED = "_reading", "_compacted"
# By which those ranges are counted.
BLOCK_KEY = "block_number"
# Who wrote a row, from the record that the dispatcher keeps of its batch: never from the batch itself.
BATCH, TASK, JOB, WRITTEN, RETRACTED = "_batch", "_producer_task", "_producer_job", "_written_at", "_retracted_at"
TRUSTED: Mapping[str, str] = {
    BATCH: "uuid NOT NULL", TASK: "uuid", JOB: "uuid", WRITTEN: "timestamp with time zone NOT NULL DEFAULT now()",
    RETRACTED: "timestamp with time zone",
}  # fmt: skip
# No table of PostgreSQL's takes these names for a column.
RESERVED = frozenset(TRUSTED) | {"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"}


@dataclass(frozen=True)
class Kind:
    """A type as PostgreSQL writes it, and what its values are held to; `{}` is the column."""

    sql: str
    check: str = ""


def _whole(low: int, high: int) -> Kind:
    # Without a scale: `numeric(78)` would round a fraction in silence, and nobody would know.
    return Kind("numeric", f"{{}} BETWEEN {low} AND {high} AND scale({{}}) = 0")


KINDS: Mapping[str, Kind] = {
    "text": Kind("text"), "boolean": Kind("boolean"), "int32": Kind("integer"), "int64": Kind("bigint"),
    "uint32": Kind("bigint", f"{{}} BETWEEN 0 AND {2**32 - 1}"), "uint64": _whole(0, 2**64 - 1),
    "uint256": _whole(0, 2**256 - 1), "int256": _whole(-(2**255), 2**255 - 1), "float64": Kind("double precision"),
    "decimal": Kind("numeric"), "timestamp": Kind("timestamp with time zone"), "date": Kind("date"), "bytes": Kind("bytea"),
    "address": Kind("bytea", "octet_length({}) = 20"), "hash": Kind("bytea", "octet_length({}) = 32"), "json": Kind("jsonb"),
    "uuid": Kind("uuid"),
}  # fmt: skip


@dataclass(frozen=True)
class Column:
    name: str
    type: str
    nullable: bool = False


@dataclass(frozen=True)
class Shape:
    """What a table holds. `replaces`: a row that comes again takes the place of the one before; else the first one stays."""

    columns: Sequence[Column]
    unique: Sequence[str] = ()
    indexes: Sequence[Sequence[str]] = field(default_factory=tuple)
    replaces: bool = True

    @property
    def by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def parse(cls, told: Mapping[str, Any]) -> Self:
        return cls(
            tuple(Column(**column) for column in told["columns"]), tuple(told["unique"]),
            tuple(tuple(index) for index in told["indexes"]), told["replaces"],
        )  # fmt: skip


@dataclass(frozen=True)
class OrgNames:
    """What an org has in *data*: a schema, two roles that see nothing else, and a login for its tasks in each of them."""

    org_id: UUID

    @property
    def schema(self) -> str:
        return f"org_{self.org_id.hex}"

    @property
    def reader(self) -> str:
        return f"{self.schema}_ro"

    @property
    def writer(self) -> str:
        return f"{self.schema}_rw"

    @property
    def login(self) -> str:
        """Of its tasks that write tables themselves: it can become the writer of this org, and nothing else."""
        return f"{self.schema}_task"

    @property
    def reading(self) -> str:
        """Of its tasks that read tables: it can become the reader of this org, and nothing else."""
        return f"{self.schema}_read"


def table_name(dataset_id: UUID) -> str:
    return f"d_{dataset_id.hex}"


def unique_name(dataset_id: UUID) -> str:
    return f"u_{dataset_id.hex}"


def index_name(dataset_id: UUID, columns: Sequence[str]) -> str:
    """The same columns in the same order are the same index."""
    return f"i_{dataset_id.hex[:16]}_{hashlib.sha256(' '.join(columns).encode()).hexdigest()[:16]}"


def queue_name(dataset_id: UUID) -> str:
    return f"buffer-{dataset_id}"
