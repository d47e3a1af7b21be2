"""Values that have a length or parts, log by log, by eth-abi: text, bytes, arrays, tuples."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from eth_abi.decoding import ContextFramesBytesIO
from eth_abi.exceptions import DecodingError
from eth_abi.registry import registry

from operators.log_decode.abi import Argument
from operators.log_decode.words import WORD, Kind, number_type
from operators.sdk.chain.decoding import Form

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

# Each word is read once or, of what is pointed to, some times more: once by the check of pointers on every floor.
_READ_AT_MOST = 8
_NUL = re.compile(r"\x00")
_NUL_IN_JSON = re.compile(r"(?<!\\)(\\\\)*\\u0000")


class _Bounded(ContextFramesBytesIO):
    """Pointers may lead many times to the same place: a few words could stand for more values than fit into any memory."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)  # type: ignore[no-untyped-call]  # eth-abi has none
        self._left = _READ_AT_MOST * len(data) + WORD

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self._left -= max(len(data), 1)
        if self._left < 0:
            raise DecodingError("its pointers lead to the same places again and again")
        return data


class Parts:
    """Of the arguments that are not indexed."""

    def __init__(self, arguments: Sequence[Argument], form: Form) -> None:
        self._arguments, self._form = arguments, form
        self._stream: Callable[[bytes], ContextFramesBytesIO] = (
            _Bounded if any(map(_branches, arguments)) else ContextFramesBytesIO
        )
        self._keeping = [_kept(one, form) for one in arguments]

    @cached_property
    def _decoder(self) -> Any:
        return registry.get_tuple_decoder(*[one.canonical for one in self._arguments])

    def columns(self, datas: pa.Array) -> tuple[list[bool], list[pa.Array]]:
        """Which rows decode, and a column for each argument; of the other rows nulls."""
        rows = [self._row(bytes(one.as_py())) for one in datas]
        nothing = (None,) * len(self._arguments)
        by_column = list(zip(*[row or nothing for row in rows], strict=True)) or [()] * len(self._arguments)
        arrays = [_array(one, list(values), self._form) for one, values in zip(self._arguments, by_column, strict=True)]
        return [row is not None for row in rows], arrays

    def _row(self, data: bytes) -> tuple[Any, ...] | None:
        try:
            values = self._decoder(self._stream(data))
            return tuple([keep(value) if keep else value for keep, value in zip(self._keeping, values, strict=True)])
        except (DecodingError, OverflowError, ValueError):
            # ValueError: text that is no UTF-8, and a length beyond any file's.
            return None


def _kept(argument: Argument, form: Form) -> Callable[[Any], Any] | None:
    """None where the value is kept as it comes. Raises ValueError for what cannot be kept."""
    if argument.type == "string":
        return lambda value: _text(value, form)
    if Kind.of(argument.type) or argument.type == "bytes":
        return None
    plainly = _plainly(argument)
    return lambda value: _text(json.dumps(plainly(value), ensure_ascii=False), form, _NUL_IN_JSON)


def _text(value: str, form: Form, nul: re.Pattern[str] = _NUL) -> str:
    # As JSON it is written out, which JSON of a table does not take either; a backslash that stands before one is text.
    if form is Form.TABLE and nul.search(value):
        raise ValueError("no table takes a NUL in a text")
    return value


def _plainly(argument: Argument) -> Callable[[Any], Any]:
    """To what JSON has: numbers in digits, bytes in hexadecimal ones, a tuple whose parts are all named as an object."""
    if argument.type.endswith("]"):
        item = _plainly(_item(argument))
        return lambda value: [item(one) for one in value]
    if argument.components:
        return _plainly_tuple(argument.components)
    if argument.type == "function" or argument.type.startswith("bytes"):
        return lambda value: f"0x{value.hex()}"
    if "int" in argument.type:
        return str
    return (lambda value: f"{value:f}") if "fixed" in argument.type else (lambda value: value)


def _plainly_tuple(components: Sequence[Argument]) -> Callable[[Any], Any]:
    names, parts = [part.name for part in components], [_plainly(part) for part in components]
    if all(names) and len(set(names)) == len(names):
        return lambda value: {name: part(one) for name, part, one in zip(names, parts, value, strict=True)}
    return lambda value: [part(one) for part, one in zip(parts, value, strict=True)]


def _item(argument: Argument) -> Argument:
    return argument.model_copy(update={"type": argument.type[: argument.type.rindex("[")]})


def _is_dynamic(argument: Argument) -> bool:
    if argument.type.endswith("]"):
        return argument.type.endswith("[]") or _is_dynamic(_item(argument))
    return argument.type in {"string", "bytes"} or any(map(_is_dynamic, argument.components or ()))


def _branches(argument: Argument) -> bool:
    """Whether it may point from one array to many others."""
    if argument.type.endswith("]"):
        return _is_dynamic(_item(argument)) or _branches(_item(argument))
    return any(map(_branches, argument.components or ()))


def arrow_type(argument: Argument, form: Form) -> pa.DataType:
    """Of its column, indexed or not."""
    import pyarrow as pa

    kind = Kind.of(argument.type)
    if kind is None:
        is_bytes = argument.type == "bytes"
        return pa.binary(WORD) if argument.indexed else pa.binary() if is_bytes else pa.string()
    if kind.name in {"address", "bytes"}:
        return pa.binary(20 if kind.name == "address" else kind.size)
    if kind.name == "bool":
        return pa.bool_()
    if kind.name.endswith("fixed"):
        return pa.string()
    if kind.size <= 64:
        return pa.type_for_alias(number_type(kind))
    return pa.binary(WORD) if form is Form.FILE else pa.string()


def _array(argument: Argument, values: Sequence[Any], form: Form) -> pa.Array:
    import pyarrow as pa

    return pa.array(list(_as_kept(argument, values, form)), arrow_type(argument, form))


def _as_kept(argument: Argument, values: Sequence[Any], form: Form) -> Iterator[Any]:
    kind = Kind.of(argument.type)
    for value in values:
        if value is None or kind is None or kind.name in {"bool", "bytes"}:
            yield value
        elif kind.name == "address":
            yield bytes.fromhex(value[2:])
        elif isinstance(value, Decimal):
            yield f"{value:f}"
        elif kind.size <= 64:
            yield value
        else:
            yield value.to_bytes(WORD, "big", signed=kind.is_signed) if form is Form.FILE else str(value)
