"""What a value of each type may look like, and how it is told to PostgreSQL. Exact: a value is of its type, never made to fit.

Numbers may come as JSON numbers or as their digits in text, as chains have them, those of 256 bits also as bytes; bytes as `0x` and hexadecimal digits. Where a
value has a form in text, one pattern says which, to whoever reads a column at once and to whoever reads it value by value.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

_WHOLE = r"^-?(0|[1-9][0-9]{0,77})$"
_NATURAL = r"^(0|[1-9][0-9]{0,77})$"
_TIME = r"^[0-9]{4}-[01][0-9]-[0-3][0-9][T ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?(Z|[+-](0[0-9]|1[0-3]):[0-5][0-9])$"
PATTERNS: Mapping[str, str] = {
    "int32": _WHOLE, "int64": _WHOLE, "int256": _WHOLE, "uint32": _NATURAL, "uint64": _NATURAL, "uint256": _NATURAL,
    "decimal": r"^-?(0|[1-9][0-9]{0,499})(\.[0-9]{1,499})?$", "timestamp": _TIME, "date": r"^[0-9]{4}-[01][0-9]-[0-3][0-9]$",
    "bytes": r"^0x([0-9a-fA-F][0-9a-fA-F])*$", "address": r"^0x[0-9a-fA-F]{40}$", "hash": r"^0x[0-9a-fA-F]{64}$",
    "uuid": r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
}  # fmt: skip
RANGES: Mapping[str, tuple[int, int]] = {
    "int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1), "uint32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1),
    "uint256": (0, 2**256 - 1), "int256": (-(2**255), 2**255 - 1),
}  # fmt: skip
# How many bytes, the highest first, may stand for a number: cryo leaves those out that are nothing.
_WORDS: Mapping[str, range] = {"uint256": range(1, 33), "int256": range(32, 33)}
BINARY = {"bytes": None, "address": 20, "hash": 32}
_READ = {name: re.compile(pattern.removesuffix("$") + r"\Z") for name, pattern in PATTERNS.items()}
_LONGEST_SHOWN = 60
# Far below where Python's stack ends: what walks a value calls itself.
_DEEPEST = 100


class NotOfItsType(ValueError):
    """The message goes on after the name of the column."""


def in_words(kind: str, value: Any) -> str:
    """The value as COPY takes it. Raises NotOfItsType."""
    return _WRITERS[kind](kind, value)


def _whole(kind: str, value: Any) -> str:
    if isinstance(value, str) and _READ[kind].match(value):
        value = int(value)
    if isinstance(value, bytes) and len(value) in _WORDS.get(kind, ()):
        value = int.from_bytes(value, "big", signed=kind == "int256")
    if isinstance(value, Decimal) and value.is_finite() and value.as_tuple().exponent == 0:
        value = int(value)
    if type(value) is not int:
        raise _not(kind, value, "a whole number, or its digits as text")
    low, high = RANGES[kind]
    if not low <= value <= high:
        raise NotOfItsType(f"is {_shown(value)}, outside of what a {kind} holds")
    return str(value)


def _decimal(kind: str, value: Any) -> str:
    if isinstance(value, str) and _READ[kind].match(value):
        return value
    if type(value) is int or (isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 400):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    raise _not(kind, value, "a number, or its digits as text")


def _float(kind: str, value: Any) -> str:
    if type(value) not in {int, float, Decimal}:
        raise _not(kind, value, "a number")
    try:
        read = float(value)
    except OverflowError:
        read = math.inf
    if not math.isfinite(read):
        raise NotOfItsType(f"is {_shown(value)}, more than a float64 holds")
    return repr(read)


def _text(kind: str, value: Any) -> str:
    if not isinstance(value, str):
        raise _not(kind, value, "text")
    return _storable(value)


def _storable(value: str) -> str:
    if "\0" in value:
        raise NotOfItsType("holds a NUL, which no text in a table can")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotOfItsType("holds half a character") from None
    return value


def _boolean(kind: str, value: Any) -> str:
    if not isinstance(value, bool):
        raise _not(kind, value, "true or false")
    return "true" if value else "false"


def _binary(kind: str, value: Any) -> str:
    if isinstance(value, bytes) and BINARY[kind] in {None, len(value)}:
        return f"\\x{value.hex()}"
    if isinstance(value, str) and _READ[kind].match(value):
        return f"\\x{value[2:]}"
    length = BINARY[kind]
    raise _not(kind, value, f"`0x` and {2 * length if length else 'pairs of'} hexadecimal digits")


def _timestamp(kind: str, value: Any) -> str:
    # Where pandas is installed Arrow reads nanoseconds as its own kind of instant, whose text leaves them out.
    if getattr(value, "nanosecond", 0):
        raise NotOfItsType("is finer than a microsecond, and cannot be read exactly")
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).isoformat()
    if isinstance(value, str) and _READ[kind].match(value) and _is_read(datetime.fromisoformat, value):
        return value
    raise _not(kind, value, "a time with its offset, such as 2026-01-31T12:00:00Z")


def _date(kind: str, value: Any) -> str:
    if type(value) is date:
        return value.isoformat()
    if isinstance(value, str) and _READ[kind].match(value) and _is_read(date.fromisoformat, value):
        return value
    raise _not(kind, value, "a date, such as 2026-01-31")


def _is_read(read: Callable[[str], object], value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True


def _uuid(kind: str, value: Any) -> str:
    if isinstance(value, bytes) and len(value) == 16:
        return value.hex()
    if isinstance(value, str) and _READ[kind].match(value):
        return value
    raise _not(kind, value, "a UUID")


def _json(kind: str, value: Any) -> str:
    return _digits_kept(value, 0)


def _digits_kept(value: Any, depth: int) -> str:
    """JSON again, with every number as it was written."""
    if depth > _DEEPEST:
        raise NotOfItsType(f"is nested more than {_DEEPEST} deep")
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, str):
        return json.dumps(_storable(value), ensure_ascii=False)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_digits_kept(key, depth)}: {_digits_kept(one, depth + 1)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_digits_kept(one, depth + 1) for one in value) + "]"
    return json.dumps(value)


def _not(kind: str, value: Any, wanted: str) -> NotOfItsType:
    return NotOfItsType(f"is {_shown(value)}, and a {kind} is {wanted}")


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str) if not isinstance(value, Decimal) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


_WRITERS: Mapping[str, Callable[[str, Any], str]] = {
    **dict.fromkeys(RANGES, _whole), "decimal": _decimal, "float64": _float, "text": _text, "boolean": _boolean,
    **dict.fromkeys(BINARY, _binary), "timestamp": _timestamp, "date": _date, "uuid": _uuid, "json": _json,
}  # fmt: skip
