"""What is kept of how data was made. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from operators.sdk.words import Derivation

# To read a longer text takes seconds, and the outbox waits for it.
LONGEST_SQL = 20_000
# Of the process that reads it: what a short text may take all the same.
MOST_CPU_SECONDS, MOST_MEMORY_MB = 4, 512
# Of one output: a row of the database for each.
MOST_EDGES = 20_000


class ReadAs(StrEnum):
    """How what was read is known: as the attempt found it when it was claimed, by what arrived, or by what did not hold any more."""

    PINNED = "pinned"
    ARRIVED = "arrived"
    INVALIDATED = "invalidated"


@dataclass(frozen=True)
class Source:
    """A column of what a job reads: of a dataset, or of an output of a job of the same DAG, which may be known by both."""

    column: str
    dataset: str = ""
    job: str = ""
    output: int = 0


@dataclass(frozen=True)
class Traced:
    """A column of an output and one that it comes from; without a column it is the output as a whole."""

    column: str
    source: Source
    derivation: Derivation


@dataclass(frozen=True)
class Columns:
    """Of one output. `reason` says why there are none, or why not of all."""

    job: str
    output: int
    edges: tuple[Traced, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Parsed:
    """By the name of a column of the result; `""` is what decides which rows there are. `reason`: why there is nothing, or not all."""

    columns: Mapping[str, Sequence[tuple[str, str, Derivation]]] = field(default_factory=dict)
    reason: str = ""
