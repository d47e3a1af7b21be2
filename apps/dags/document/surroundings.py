"""What the rules know beside the text: the operators of this installation, and what the org has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.chains.domain import KnownPool
from apps.platform.tables import Shape
from operators.sdk.catalogue import catalogue
from operators.sdk.declaration import Declaration
from operators.sdk.words import FieldType


@dataclass(frozen=True)
class KnownDataset:
    """`producers`: the DAGs of this org whose active version writes it; none where none does any more, or another org's does."""

    name: str
    producers: tuple[str, ...] = ()
    multi_writer: bool = False
    where: Mapping[str, FieldType] = field(default_factory=dict)
    # As one of them wrote it below `publish`; None where the dataset has none.
    schema: Mapping[str, object] | None = None
    # Its table, where it has one: it only ever widens.
    table: Shape | None = None


@dataclass(frozen=True)
class Surroundings:
    """`dag`: the name that the document must have; empty where it may have any."""

    operators: Mapping[str, Declaration]
    datasets: Mapping[str, KnownDataset] = field(default_factory=dict)
    bundles: frozenset[str] = frozenset()
    dag: str = ""
    # Names of further datasets, to guess which one somebody meant.
    near: frozenset[str] = frozenset()
    # Of other DAGs' active versions: the path, and the DAG that hears it.
    webhooks: Mapping[str, str] = field(default_factory=dict)
    # Of the installation, by name; None where nobody has looked: then no pool is missed.
    pools: Mapping[str, KnownPool] | None = None


def alone() -> Surroundings:
    """Of a document that is looked at without an org."""
    return Surroundings(catalogue().operators)
