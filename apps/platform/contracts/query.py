"""The contract of the query engine: what a ticket lets one query read, within which limits, and what the engine answers.

Django decides: it reads the SQL, resolves its names, pins files and tables, and signs. The engine trusts nothing but the ticket: the text of
the SQL must be the one whose hash the ticket has, each relation is what the ticket says, and a ticket is used once.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from apps.platform.contracts.parts import Part

TICKET_AUDIENCE = "trace.query"
# Of the engine; a ticket goes in the body, because one that pins many files is long.
QUERIES_PATH = "/queries"
CANCEL_PATH, PROGRESS_PATH = "/queries/{id}/cancel", "/queries/{id}"
STATUS_PATH = "/status"
# The keys by which tickets are checked, asked of the internal plane with the engine's token.
ENGINE_TOKEN_HEADER = "X-Trace-Engine-Token"
KEYS_PATH = "/internal/query/keys"


class Mask(StrEnum):
    """What is read in place of a value that holds personal data: it is computed before rows reach the process that runs SQL."""

    HASH = "hash"
    LAST_FOUR = "last_four"
    NULL = "null"


class ReadColumn(Part):
    """`type`: a type of `operators.sdk.words.ColumnType`."""

    name: str
    type: str
    mask: Mask | None = None


class ReadFile(Part):
    """Exactly this object. `bytes` may be 0 where nobody has noted it."""

    url: str = Field(pattern=r"^s3://[^/]+/.+")
    rows: int = Field(ge=0)
    bytes: int = Field(ge=0)


class Span(Part):
    """Both inclusive."""

    low: int
    high: int


class ReadTable(Part):
    """Rows of the table of a dataset, of one snapshot for all tables of the ticket. `key` and `covered`: rows whose key lies in one of those ranges are
    read from files instead. A range that the ledger of the org says is compacted and that is not in `covered` makes the ticket stale.
    """

    dataset_id: UUID
    key: str = ""
    covered: list[Span] = Field(default_factory=list)


class Relation(Part):
    """`name`: as the rewritten SQL has it. Read from files, from a table, or from both, each row once."""

    name: str = Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")
    columns: list[ReadColumn]
    files: list[ReadFile] = Field(default_factory=list)
    table: ReadTable | None = None


class Limits(Part):
    seconds: float = Field(gt=0)
    memory_mb: int = Field(ge=64)
    threads: int = Field(ge=1)
    # Of the result; beyond them it ends with RESULT_TOO_LARGE, or `truncated` where `cuts`.
    rows: int = Field(ge=1)
    bytes: int = Field(ge=1)
    cuts: bool = True
    spill_mb: int = Field(default=0, ge=0)


class Ticket(Part):
    """The claims beside those that every token has. `sub` is `person:<id>` or `task:<id>`."""

    query_id: UUID
    org_id: UUID
    # Of the rewritten text, UTF-8, SHA-256 in hex.
    sql_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    relations: list[Relation]
    limits: Limits


class AskQuery(Part):
    """`parameters`: bound by name, never put into the text."""

    ticket: str
    sql: str
    parameters: dict[str, Any] = Field(default_factory=dict)


class Code(StrEnum):
    TOO_MANY_QUERIES = "TOO_MANY_QUERIES"
    QUERY_TIMEOUT = "QUERY_TIMEOUT"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"
    RESULT_TOO_LARGE = "RESULT_TOO_LARGE"
    CANCELED = "CANCELED"
    # What DuckDB says of the query itself: a type that does not fit, a division, a cast.
    SQL_FAILED = "SQL_FAILED"
    # Compacted since the ticket was made: resolve again, once.
    STALE_PINS = "STALE_PINS"
    DATA_AWAY = "DATA_AWAY"
    ENGINE_FAILED = "ENGINE_FAILED"


class Progress(Part):
    """`place`: in the queue, 0 while it runs. Counters of the engine, never a clock."""

    state: Literal["queued", "running", "ended"]
    place: int = 0
    rows: int = 0
    bytes_scanned: int = 0
    percent: float | None = None
    seconds: float = 0.0


class Ended(Part):
    """The last frame of an answer. `code` where it did not come to its end."""

    code: Code | None = None
    message: str = ""
    position: int | None = None
    rows: int = 0
    bytes: int = 0
    bytes_scanned: int = 0
    truncated: bool = False
    seconds: float = 0.0
