"""The base of every operator's config schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple, get_args

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from operators.sdk.declaration import Column, ComesFrom

# The keys that lead to a value of a config.
Place = tuple[str | int, ...]


class Depth(NamedTuple):
    """A number of blocks below the tip, and the field that says it."""

    field: str
    blocks: int


@dataclass(frozen=True)
class NamesDataset:
    """The mark of a type whose values are names of datasets: Trace sees to it that they are there, and draws who reads them."""


@dataclass(frozen=True)
class NamesPool:
    """The mark of a type whose values are names of pools of RPC providers, and what the providers speak."""

    kind: str = "evm"


class NamedPool(NamedTuple):
    name: str
    kind: str


class Config(BaseModel):
    """A key that is not declared is an error; a value is of its type, never made to fit.

    Every field has a `description`: the editor shows it, and a test refuses a field without.
    A choice is a `Literal`, a series a `list`: strict pydantic takes no text for an enum and no list for a tuple.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    # Fields that say when and how it works, and not which rows it makes: another value of them rebuilds nothing, and holds from then on.
    tuning: ClassVar[frozenset[str]] = frozenset()

    @property
    def wants_bundle(self) -> bool:
        """Asked of operators that may run a bundle of user code: whether this config lets them."""
        return False

    @property
    def named_datasets(self) -> Mapping[Place, str]:
        """Datasets that it refers to: what its fields of the type `DatasetName`, and lists of it, hold. They must be there."""
        return {place: name for field in _naming_datasets(type(self)) for place, name in _names_in(field, getattr(self, field))}

    @property
    def named_secrets(self) -> Mapping[Place, str]:
        """Secrets that it refers to: the job must list them."""
        return {}

    @property
    def feed(self) -> str:
        """The address outside of Trace that it fetches; empty where it fetches none. An admin of the org approves its host."""
        return ""

    @property
    def named_pools(self) -> Mapping[Place, NamedPool]:
        """Pools that it refers to: what its fields of the type `RpcPool` or `BeaconPool`, and lists of them, hold."""
        return {
            place: NamedPool(name, kind)
            for field, kind in pool_fields(type(self)).items()
            for place, name in _names_in(field, getattr(self, field))
        }

    def made_columns(self, output: int) -> Sequence[Column]:
        """Where the config and not the declaration says what the columns of an output are."""
        return ()

    @property
    def takes_from(self) -> str | None:
        """The dataset in a table whose rows are deleted from it, range by range, once what was made of them is committed."""
        return None

    def columns_come_from(self, output: int) -> Mapping[str, Sequence[ComesFrom]]:
        """Where the config and not the declaration says what a column of an output is made of: by the column's name."""
        return {}

    @property
    def may_rewrite(self) -> Depth | None:
        """Of what follows a chain: how far below the tip it may still change what it has written."""
        return None

    @property
    def takes_as_final(self) -> Depth | None:
        """Of what relies on finished blocks: how deep one must lie."""
        return None


ChainId = Annotated[int, Field(ge=1, le=2**63 - 1, description="EVM chain id: 1 is Ethereum, 143 Monad.")]
BlockNumber = Annotated[int, Field(ge=0, le=2**63 - 1)]
# A pool of providers that platform staff configure; never an address or a key.
RpcPool = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$", description="Name of the pool of providers that calls to the chain go through."),
    NamesPool(),
]
BeaconPool = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$", description="Name of the pool of beacon nodes that calls go through."),
    NamesPool("beacon"),
]
DatasetName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,127}$"), NamesDataset()]
# Hexadecimal, in either case: people paste checksummed addresses.
Address = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{40}$")]
Word = Annotated[str, Field(pattern=r"^0x[0-9a-fA-F]{64}$")]
Hex = Annotated[str, Field(pattern=r"^0x([0-9a-fA-F]{2})*$", max_length=20_000)]
ColumnName = Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
# Where in a JSON document something is (RFC 6901); empty is the whole of it.
JsonPointer = Annotated[str, Field(pattern=r"^(/([^~/]|~[01])*)*$", max_length=500)]


def without_repeats(values: list[str]) -> list[str]:
    """For a list in which a value counts once: twice is a slip of the pen."""
    for number, value in enumerate(values):
        if value in values[:number]:
            raise ValueError(f"{value} is there twice; leave one of them out")
    return values


@cache
def _naming_datasets(config: type[Config]) -> tuple[str, ...]:
    return tuple(
        name for name, field in config.model_fields.items() if NamesDataset() in field.metadata or _is_marked(field.annotation)
    )


@cache
def pool_fields(config: type[Config]) -> Mapping[str, str]:
    """The fields that name pools, and the kind of pool that each wants."""
    found = {name: _pool_mark(field.metadata) or _pool_mark_in(field.annotation) for name, field in config.model_fields.items()}
    return {name: mark.kind for name, mark in found.items() if mark}


def _pool_mark(metadata: Iterable[object]) -> NamesPool | None:
    return next((one for one in metadata if isinstance(one, NamesPool)), None)


def _pool_mark_in(annotation: object) -> NamesPool | None:
    """Also inside a list, or beside None."""
    parts = get_args(annotation)
    return _pool_mark(parts) or next((mark for part in parts if (mark := _pool_mark_in(part))), None)


def _is_marked(annotation: object) -> bool:
    """Also inside a list, or beside None."""
    return any(part == NamesDataset() or _is_marked(part) for part in get_args(annotation))


def _names_in(field: str, value: object) -> Iterator[tuple[Place, str]]:
    if isinstance(value, list):
        yield from (((field, number), name) for number, name in enumerate(value))
    elif isinstance(value, str):
        yield (field,), value
