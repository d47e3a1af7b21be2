from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg import sql

from apps.platform.tables import OrgNames, table_name
from operators.sdk.rows.columns import Column


@dataclass(frozen=True)
class TargetColumn:
    name: str
    type: str
    nullable: bool


@dataclass(frozen=True)
class Target:
    """The table that rows go to, and what is written beside each: which task of which job made it."""

    org_id: UUID
    dataset_id: UUID
    columns: Sequence[Column]
    unique: Sequence[str]
    # A row that comes again takes the place of the one before; else the first one stays.
    replaces: bool
    task_id: UUID
    job_id: UUID

    @property
    def org(self) -> OrgNames:
        return OrgNames(self.org_id)

    @property
    def table(self) -> sql.Identifier:
        return sql.Identifier(self.org.schema, table_name(self.dataset_id))
