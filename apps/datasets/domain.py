"""What a DAG says of a dataset that it publishes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

# Its open datasets are everybody's to read; a name is looked for in one's own org first.
PLATFORM_ORG = "platform"


class Storage(StrEnum):
    """A union is read over two others and lies nowhere itself."""

    POSTGRES = "postgres"
    S3 = "s3"
    UNION = "union"


@dataclass(frozen=True)
class Column:
    """`type` is empty where only the description or the mark of a column is known: its operator says the rest at run time."""

    name: str
    type: str = ""
    nullable: bool = False
    description: str = ""


@dataclass(frozen=True)
class Publication:
    """One name that an active version publishes. `spec` is what the DAG wrote; `job` is empty for a union."""

    name: str
    storage: Storage
    job: str = ""
    output: int = 0
    multi_writer: bool = False
    # What a consumer may filter by: field and type.
    where: Mapping[str, str] = field(default_factory=dict)
    spec: Mapping[str, Any] = field(default_factory=dict)
    columns: Sequence[Column] = ()

    @property
    def tags(self) -> list[str]:
        return sorted(set(self.spec.get("tags") or []))
