"""What a feed says as values of a type: exact, or not at all."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from operators.http_ingest.columns import FeedColumn
from operators.http_ingest.records import BadRecord, Record
from operators.sdk.chain.decoding import Form

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

_DIGITS = re.compile(r"[+-]?[0-9]{1,80}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,400}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_YES, _NO = {"true", "1", "yes", "t"}, {"false", "0", "no", "f"}
DECIMALS, DECIMAL_DIGITS = 18, 38
_MOST_DIGITS = 80


class Rows:
    """Values of good records, column by column."""

    def __init__(self, columns: Sequence[FeedColumn], form: Form, *, is_text: bool) -> None:
        self._columns, self._form, self._is_text = columns, form, is_text
        self._values: list[list[Any]] = [[] for _ in columns]

    def __len__(self) -> int:
        return len(self._values[0])

    def add(self, record: Record) -> None:
        """Raises BadRecord, and then nothing of it is kept."""
        values = [self._value(one, record[one.name]) for one in self._columns]
        for kept, value in zip(self._values, values, strict=True):
            kept.append(value)

    def take(self) -> pa.Table:
        import pyarrow as pa

        types = arrow_types(self._form)
        fields = [pa.field(one.name, types[one.type], one.nullable) for one in self._columns]
        table = pa.Table.from_arrays(
            [pa.array(values, field.type) for values, field in zip(self._values, fields, strict=True)], schema=pa.schema(fields)
        )
        self._values = [[] for _ in self._columns]
        return table

    def _value(self, column: FeedColumn, said: Any) -> Any:
        # An empty field of CSV is a text of nothing where there must be one, and otherwise none.
        if said == "" and self._is_text and (column.nullable or column.type != "text"):
            said = None
        if said is None:
            if column.nullable:
                return None
            raise BadRecord(f"`{column.name}` is missing")
        try:
            value = _READ[column.type](said)
        except (ValueError, TypeError, OverflowError, ArithmeticError):
            raise BadRecord(f"`{column.name}` is {_shown(said)}, which is no {column.type}") from None
        if column.type == "uint256":
            return value.to_bytes(32, "big") if self._form is Form.FILE else str(value)
        return value


def _text(said: Any) -> str:
    if not isinstance(said, str) or "\x00" in said:
        raise ValueError
    said.encode()  # half a character is none
    return said


def _whole(said: Any, least: int, most: int) -> int:
    if isinstance(said, str) and _DIGITS.fullmatch(said.strip()):
        said = int(said)
    # First how large it is: written out, a number of a few letters may fill any memory.
    if isinstance(said, Decimal) and said.adjusted() < _MOST_DIGITS and said == said.to_integral_value():
        said = int(said)
    if type(said) is not int or not least <= said <= most:  # a boolean is an int as well
        raise ValueError
    return said


def _number(said: Any) -> Decimal:
    if isinstance(said, str) and _NUMBER.fullmatch(said.strip()):
        said = Decimal(said.strip())
    if isinstance(said, bool) or not isinstance(said, (int, Decimal)):
        raise TypeError
    return Decimal(said)


def _float(said: Any) -> float:
    value = float(_number(said))
    if not math.isfinite(value):
        raise ValueError
    return value


def _decimal(said: Any) -> Decimal:
    value = _number(said)
    _, digits, exponent = value.as_tuple()
    # Digit by digit: to round and compare would round once more where there are many.
    surplus = max(-DECIMALS - int(exponent), 0)
    if value.adjusted() >= DECIMAL_DIGITS - DECIMALS or any(digits[max(len(digits) - surplus, 0) :]):
        raise ValueError
    return Decimal((value.as_tuple().sign, digits[: len(digits) - surplus], int(exponent) + surplus)) if surplus else value


def _boolean(said: Any) -> bool:
    if isinstance(said, bool):
        return said
    word = said.strip().lower() if isinstance(said, str) else ""
    if word not in _YES | _NO:
        raise ValueError
    return word in _YES


def _timestamp(said: Any) -> datetime:
    found = datetime.fromisoformat(_text(said).strip())
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _json(said: Any) -> str:
    if isinstance(said, str):
        _text(said)
    text = _written(said)
    if "\\u0000" in text:
        raise ValueError
    text.encode()
    return text


def _written(value: Any) -> str:
    """Numbers with all their digits, which the usual way would round."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name, ensure_ascii=False)}: {_written(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value, ensure_ascii=False)


_READ: Mapping[str, Callable[[Any], Any]] = {
    "text": _text, "int64": lambda said: _whole(said, -(2**63), 2**63 - 1), "uint256": lambda said: _whole(said, 0, 2**256 - 1),
    "float64": _float, "decimal": _decimal, "boolean": _boolean, "timestamp": _timestamp, "date": lambda said: date.fromisoformat(_text(said).strip()),
    "json": _json,
}  # fmt: skip


def arrow_types(form: Form) -> Mapping[str, pa.DataType]:
    import pyarrow as pa

    return {
        "text": pa.string(), "int64": pa.int64(), "uint256": pa.binary(32) if form is Form.FILE else pa.string(), "float64": pa.float64(),
        "decimal": pa.decimal128(DECIMAL_DIGITS, DECIMALS), "boolean": pa.bool_(), "timestamp": pa.timestamp("us", "UTC"),
        "date": pa.date32(), "json": pa.string(),
    }  # fmt: skip


def _shown(said: Any) -> str:
    text = _safely(said)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _safely(said: Any) -> str:
    return (
        repr(said) if isinstance(said, str) else _written(said) if isinstance(said, (dict, list, Decimal)) else json.dumps(said)
    )
