"""The fragments of a contract's ABI that describe events, in the JSON that compilers write."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from operators.sdk.config import Config
from operators.sdk.words import ColumnType

_TYPE = re.compile(
    r"(?P<base>address|bool|string|function|tuple|bytes(?P<bytes>[0-9]*)|u?int(?P<bits>[0-9]*)|u?fixed(?P<whole>[0-9]+)x(?P<places>[0-9]+))(\[[0-9]*\])*"
)
_IDENTIFIER = r"^[A-Za-z_$][A-Za-z0-9_$]*$"
_NAMED = {"address": ColumnType.ADDRESS, "bool": ColumnType.BOOLEAN, "function": ColumnType.BYTES}
INDEXED_AT_MOST = 3  # the first of the four topics is the event's own


def _is_a_type(text: str) -> str:
    parts = _TYPE.fullmatch(text)
    if not parts or not _has_a_size(parts.groupdict()):
        raise ValueError(f"{text[:60]} is not a type of the ABI; write it as the compiler does, as in uint256 or address[]")
    # Of such an array data of any length holds any number.
    if any(int(count) == 0 for count in re.findall(r"\[([0-9]+)\]", text)):
        raise ValueError(
            f"{text[:60]} is an array of nothing, which no contract has; write how many it holds, or [] for any number"
        )
    return text


def _has_a_size(parts: dict[str, str | None]) -> bool:
    allowed = {"bits": range(8, 257, 8), "whole": range(8, 257, 8), "bytes": range(1, 33), "places": range(1, 81)}
    return all(not parts[name] or int(parts[name] or 0) in sizes for name, sizes in allowed.items())


class Argument(Config):
    """A parameter of an event, or a part of a tuple."""

    name: Annotated[str, Field(pattern=r"^([A-Za-z_$][A-Za-z0-9_$]*)?$", max_length=200)] = Field(
        default="", description="Its name; a nameless one becomes `arg` and its place."
    )
    type: Annotated[str, AfterValidator(_is_a_type)] = Field(description="Its type, as in `uint256`.")
    indexed: bool = Field(default=False, description="Whether it is a topic.")
    internal_type: str | None = Field(default=None, alias="internalType", description="The compiler's word for it; not used.")
    components: list[Argument] | None = Field(default=None, description="The parts of a tuple.")

    @model_validator(mode="after")
    def _a_tuple_has_parts(self) -> Self:
        if self.type.startswith("tuple") != bool(self.components):
            raise ValueError("a tuple needs its components, and nothing else has any; copy the fragment as the compiler wrote it")
        return self

    @property
    def canonical(self) -> str:
        """As it stands in the event's signature."""
        if not self.components:
            return re.sub(r"^(u?int)(?=\[|$)", r"\g<1>256", self.type)
        return f"({','.join(part.canonical for part in self.components)}){self.type.removeprefix('tuple')}"


class EventFragment(Config):
    """One event. Functions and errors of the contract are not for here."""

    type: Literal["event"] = Field(description="Always `event`.")
    name: Annotated[str, Field(pattern=_IDENTIFIER, max_length=200)] = Field(description="The event's name.")
    inputs: list[Argument] = Field(max_length=50, description="Its arguments, in order.")
    anonymous: Literal[False] = Field(
        default=False, description="Always false: nothing in the log of an anonymous event tells which it is."
    )

    @model_validator(mode="after")
    def _fits_a_log(self) -> Self:
        if sum(argument.indexed for argument in self.inputs) > INDEXED_AT_MOST:
            raise ValueError(f"{self.name} has more than {INDEXED_AT_MOST} indexed arguments; copy it as the compiler wrote it")
        return self

    @property
    def topics(self) -> int:
        """How many its logs have: its own, and those of what is indexed."""
        return 1 + sum(argument.indexed for argument in self.inputs)

    @property
    def columns(self) -> list[str]:
        """Of its arguments, in order."""
        return [argument.name or f"arg{place}" for place, argument in enumerate(self.inputs)]

    @property
    def signature(self) -> str:
        return f"{self.name}({','.join(argument.canonical for argument in self.inputs)})"


def column_type(argument: Argument) -> ColumnType:
    """Of its column. What has parts is JSON; of what has a length, or parts, and is indexed, the log has the hash alone."""
    parts = _TYPE.fullmatch(argument.type)
    base, groups = (parts["base"], parts.groupdict()) if parts else ("", {})
    has_parts = argument.type != base or base == "tuple"
    if argument.indexed and (has_parts or base in {"string", "bytes"}):
        return ColumnType.HASH
    if has_parts:
        return ColumnType.JSON
    if groups["bits"] is not None:
        return _number(int(groups["bits"] or 256), is_signed=base.startswith("int"))
    if base.startswith("bytes"):
        return ColumnType.HASH if base == "bytes32" else ColumnType.BYTES
    return _NAMED.get(base, ColumnType.TEXT)


def _number(bits: int, *, is_signed: bool) -> ColumnType:
    size = 32 if bits <= 32 else 64 if bits <= 64 else 256
    return ColumnType(f"{'int' if is_signed else 'uint'}{size}")
