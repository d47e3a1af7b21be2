"""The contract of tasks that write the table of their output themselves, or read one that their config names: who may, as whom,
and what the table is.
"""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from apps.platform.contracts.buffers import BatchColumn
from apps.platform.contracts.parts import Fenced, Part

OPEN_TABLE_PATH = "/v1/task/open-table"
READ_TABLE_PATH = "/v1/task/read-table"


class OpenTable(Fenced):
    """From here on no earlier attempt of the task writes it any more."""

    output: int = Field(ge=0, le=255)


class TableOpened(Part):
    """`dsn` is of a role that can become the writer of that org, and nothing else."""

    dsn: str = Field(repr=False)
    org_id: UUID
    dataset_id: UUID
    job_id: UUID
    columns: list[BatchColumn]
    unique: list[str]
    replaces: bool


class ReadTable(Fenced):
    """`dataset`: one that the config of the job names, by its name there."""

    dataset: str = Field(pattern=r"^[a-z][a-z0-9_]{0,127}$")


class TableToRead(Part):
    """`dsn` is of a role that can become the reader of that org, and nothing else. `pin`: by which the completion says what was read.
    `is_settled`: what the task would make of its range is committed, and nothing of the table was taken back since that was begun.
    """

    dsn: str = Field(repr=False)
    org_id: UUID
    dataset_id: UUID
    columns: list[BatchColumn]
    unique: list[str]
    pin: UUID | None = None
    is_settled: bool = False
