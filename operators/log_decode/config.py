from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from operators.log_decode.abi import EventFragment, column_type
from operators.sdk.config import Address, Config, DatasetName, without_repeats
from operators.sdk.declaration import Column, ComesFrom
from operators.sdk.words import ColumnType, Derivation

MOST_EVENTS = 32
# What places a log: every decoded row has it as the log has it.
_PLACED = {
    "chain_id": ColumnType.UINT64, "block_number": ColumnType.UINT32, "block_hash": ColumnType.HASH, "transaction_index": ColumnType.UINT32,
    "transaction_hash": ColumnType.HASH, "log_index": ColumnType.UINT32, "address": ColumnType.ADDRESS,
}  # fmt: skip
PLACE = tuple(_PLACED)


class LogDecodeConfig(Config):
    abi: Annotated[list[EventFragment], Field(min_length=1, max_length=MOST_EVENTS)] = Field(
        description="The events, as in the contract's ABI. Each has the output of its place, with a column per argument."
    )
    contracts: Annotated[list[Address], Field(max_length=1000), AfterValidator(without_repeats)] = Field(
        default=[], description="Only logs of these contracts; empty: of all."
    )
    hot_dataset: DatasetName | None = Field(
        default=None,
        description="Read the logs from this table, at the blocks that arrive; left out, they are read from the input's partitions.",
    )
    on_unknown: Literal["skip", "fail"] = Field(
        default="skip",
        description="A log of the contracts that is none of the events, or does not decode as one: count and skip it, or fail.",
    )

    @model_validator(mode="after")
    def _events_differ(self) -> Self:
        """Those of two standards may share a signature, and are told apart by how many of their arguments are indexed."""
        known = [(event.signature, event.topics) for event in self.abi]
        if twice := [signature for signature, topics in known if known.count((signature, topics)) > 1]:
            raise ValueError(f"the event {twice[0]} is there twice; leave one of them out")
        return self

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        for event in self.abi:
            # Queries take no notice of case.
            names = [name.lower() for name in (*PLACE, *event.columns)]
            if twice := [name for name in names if names.count(name) > 1]:
                raise ValueError(
                    f"{event.name} would have two columns {twice[0]}; rename its argument in `abi`, which is no part of what it is known by"
                )
        return self

    @model_validator(mode="after")
    def _unknown_means_something(self) -> Self:
        if self.on_unknown == "fail" and not self.contracts:
            raise ValueError("on_unknown fail needs contracts: among the logs of a whole chain most are unknown")
        return self

    def made_columns(self, output: int) -> Sequence[Column]:
        if output >= len(self.abi):
            return ()
        event = self.abi[output]
        arguments = zip(event.columns, event.inputs, strict=True)
        return [
            *(Column(name, kind, "As the log has it.", nullable=False) for name, kind in _PLACED.items()),
            *(Column(name, column_type(one), f"`{one.type}` of the event.", nullable=False) for name, one in arguments),
        ]

    def columns_come_from(self, output: int) -> Mapping[str, Sequence[ComesFrom]]:
        """The arguments of an event are its topics, if they are indexed, and otherwise parts of its data."""
        if output >= len(self.abi):
            return {}
        return {**{name: (ComesFrom(name),) for name in PLACE}, **dict(_arguments(self.abi[output]))}


def _arguments(event: EventFragment) -> Iterator[tuple[str, Sequence[ComesFrom]]]:
    topics = iter(("topic1", "topic2", "topic3"))
    for name, argument in zip(event.columns, event.inputs, strict=True):
        source = next(topics, "data") if argument.indexed else "data"
        yield name, (ComesFrom(source, Derivation.TRANSFORMATION),)
