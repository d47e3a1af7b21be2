"""What an operator says of itself. The validator, the editor and the catalogue know operators by this and nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from operators.sdk.config import Config
from operators.sdk.words import (
    Activation,
    Bundle,
    ColumnType,
    Derivation,
    FieldType,
    Runtime,
    SourceKind,
    Storage,
    Strategy,
    Trust,
)


@dataclass(frozen=True)
class Reads:
    """What a job reads: its input in that place; or the dataset that its config names in that field."""

    input: int = 0
    config: str = ""


# Every column of what is read.
EVERY = "*"


@dataclass(frozen=True)
class ComesFrom:
    """A column of what is read, and what is done with it."""

    column: str
    how: Derivation = Derivation.IDENTITY
    of: Reads = Reads()


@dataclass(frozen=True)
class Column:
    """`type` is one of those that a `publish` schema may name. `comes_from`: what of its inputs its values are made of."""

    name: str
    type: ColumnType
    description: str
    nullable: bool = False
    comes_from: Sequence[ComesFrom] = ()


@dataclass(frozen=True)
class Output:
    """One of a job's outputs, by place. No storage: events alone. No columns: only the config or the task knows them."""

    name: str
    summary: str
    storage: Storage | None = None
    columns: Sequence[Column] = ()
    # Columns that make a row the same row, where it lies in a table and its job says nothing of it.
    unique: Sequence[str] = ()
    # The operator can write to either; `publish` says which, and then `storage` here is what it is without a word.
    either_storage: bool = False
    # Things of which it takes every column as it is.
    passes: Sequence[Reads] = ()
    # Its values come from outside of Trace, or from nowhere, whatever the job reads.
    is_origin: bool = False


@dataclass(frozen=True)
class Resources:
    """What a task is given where its job does not say otherwise."""

    cpu_millis: int
    memory_mb: int
    timeout_seconds: int | None  # None: a source that never ends


@dataclass(frozen=True)
class Declaration:
    """`version` is `major.minor`; another major makes other data, so jobs of it are built anew."""

    name: str
    version: str
    summary: str
    activations: frozenset[Activation]
    runtimes: frozenset[Runtime]
    config: type[Config]
    outputs: Sequence[Output]
    resources: Resources
    # Configs that it takes, the smallest first: in the catalogue, and what a new job of the editor starts with.
    examples: Sequence[Mapping[str, object]]
    strategies: frozenset[Strategy] = frozenset()
    source_kinds: frozenset[SourceKind] = frozenset()
    # What a consumer of its outputs may filter by.
    where: Mapping[str, FieldType] = field(default_factory=dict)
    trust: Trust = Trust.TRUSTED
    bundle: Bundle = Bundle.NONE
    # More outputs than are named, each like the last one: what user code makes is for the user to say.
    max_outputs: int | None = None
    # `module:Class` of an `Operator`; empty while it has none, and then no version that uses it can be activated.
    implementation: str = ""

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    @property
    def most_outputs(self) -> int:
        return self.max_outputs or len(self.outputs)

    def write_mode(self, said: str | None, storage: str | None) -> str | None:
        """Of an output that lies in a table: as its DAG says; without a word an operator that is trusted writes it itself."""
        if storage != Storage.POSTGRES:
            return None
        return said or ("direct" if self.trust is Trust.TRUSTED else None)

    def columns(self, number: int, config: Config | None) -> Sequence[Column]:
        """Of the output in that place, as it is declared or as its config says; none where only its task will know them."""
        output = self.output(number)
        if output is None:
            return ()
        return output.columns or (config.made_columns(number) if config else ())

    def output(self, number: int) -> Output | None:
        """The output in that place; None where it has none."""
        if not 0 <= number < self.most_outputs:
            return None
        return self.outputs[min(number, len(self.outputs) - 1)]
