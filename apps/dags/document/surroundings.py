"""What the rules know beside the text: the operators of this installation, and what the org has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from operators.sdk.catalogue import catalogue
from operators.sdk.declaration import Declaration
from operators.sdk.words import FieldType


@dataclass(frozen=True)
class KnownDataset:
    """`producer`: the DAG whose active version writes it; empty where none does any more."""

    name: str
    producer: str = ""
    multi_writer: bool = False
    where: Mapping[str, FieldType] = field(default_factory=dict)


@dataclass(frozen=True)
class Surroundings:
    """`dag`: the name that the document must have; empty where it may have any."""

    operators: Mapping[str, Declaration]
    datasets: Mapping[str, KnownDataset] = field(default_factory=dict)
    bundles: frozenset[str] = frozenset()
    dag: str = ""


def alone() -> Surroundings:
    """Of a document that is looked at without an org."""
    return Surroundings(catalogue().operators)
