"""What a DAG says of a dataset that it publishes, and by which ids its data is known. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from apps.platform.durations import seconds_of
from apps.platform.tables import Shape

# Its open datasets are everybody's to read; a name is looked for in one's own org first.
PLATFORM_ORG = "platform"
# Work takes its time, and not every time the same: half a cadence more is not late yet.
_PATIENCE = 1.5
# Any number of days can be written, and a date has an end.
_LONGEST_CADENCE = 10 * 365 * 86_400
_JOBS = uuid5(NAMESPACE_URL, "trace:jobs")


class Storage(StrEnum):
    """A union is read over two others and lies nowhere itself."""

    POSTGRES = "postgres"
    S3 = "s3"
    UNION = "union"


class Asked(StrEnum):
    """What became of a request for access; the last three never change."""

    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


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
    # Of what lies in a table in *data*: what it is, and whether tasks write it themselves.
    table: Shape | None = None
    is_direct: bool = False

    @property
    def tags(self) -> list[str]:
        return sorted(set(self.spec.get("tags") or []))


@dataclass(frozen=True)
class Block:
    """How many rows files have of it, and of which fork."""

    number: int
    hash: bytes
    rows: int


@dataclass(frozen=True)
class OutputVersion:
    """An output with data of its own, as one version of its DAG makes it."""

    output_id: UUID
    version_id: UUID
    dag: str
    job: str
    number: int
    storage: Storage
    generation: UUID
    definition_hash: str
    columns: Sequence[Column] = ()


def cadence_of(spec: Mapping[str, Any]) -> int | None:
    """Seconds, as a DAG says it; of what it publishes without a word none."""
    seconds = seconds_of(spec.get("cadence"))
    return min(seconds, _LONGEST_CADENCE) if seconds else None


def due_at(last: datetime, cadence_seconds: int) -> datetime:
    """Nothing new by then is late."""
    return last + timedelta(seconds=cadence_seconds * _PATIENCE)


# Ids follow from what a thing is, so that the same work is the same version, always.
def live_job_id(dag_id: UUID, name: str) -> UUID:
    """The identity of a job over versions."""
    return uuid5(_JOBS, f"{dag_id}/{name}")


def dataset_id(job_id: UUID, output: int) -> UUID:
    return uuid5(job_id, f"output/{output}")


def version_id(job_id: UUID, output: int, generation: UUID) -> UUID:
    return uuid5(dataset_id(job_id, output), str(generation))


def generation_of(job_id: UUID, definition_hash: str, upstream: Iterable[UUID]) -> UUID:
    """A job's output is made anew when it changes, or anything that it is made of."""
    return uuid5(job_id, "/".join([definition_hash, *sorted(str(one) for one in upstream)]))
