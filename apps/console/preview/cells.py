"""A value as text, exact and no longer than a page bears. Pure."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal

LONGEST = 1_000
_SIGNED = {"uint256": False, "int256": True}
_WIDE_BYTES = 32


def text_of(value: object, declared: str = "") -> str | None:
    """`declared`: what the dataset says that its column is. Longer than `LONGEST` by at most one, which says that it is cut."""
    if value is None:
        return None
    if isinstance(value, bytes):
        return _of_bytes(value, declared)
    return _in_words(value)[: LONGEST + 1]


def _in_words(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return f"{value:f}"
        case datetime():
            return (value.astimezone(UTC) if value.tzinfo else value).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case list() | dict():
            return json.dumps(value, default=text_of, ensure_ascii=False)
    return str(value)


def _of_bytes(value: bytes, declared: str) -> str:
    if declared in _SIGNED and len(value) == _WIDE_BYTES:
        return str(int.from_bytes(value, "big", signed=_SIGNED[declared]))
    return f"0x{value[: LONGEST // 2].hex()}"[: LONGEST + 1]


def cut(text: str | None) -> tuple[str | None, bool]:
    """What is shown of it, and whether that is not all."""
    if text is None or len(text) <= LONGEST:
        return text, False
    return f"{text[:LONGEST]}…", True
