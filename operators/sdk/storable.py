"""What the platform can keep: refused at the operator's own line, where it is said."""

from __future__ import annotations

import json
import math
from typing import Any

from pydantic_core import from_json

from operators.sdk.errors import InputError

# How deep a report holds it.
_AROUND = 16


def as_json(value: Any, *, what: str) -> str:
    """The value as JSON text. Raises InputError for what the platform could not read or keep."""
    try:
        text = json.dumps(value, allow_nan=False)
        # As the platform reads it, inside a report: halves of characters and deep nesting are refused there.
        from_json("[" * _AROUND + text + "]" * _AROUND)
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"{what} cannot be kept as JSON: {error}. Make it of text, finite numbers, lists and objects."
        ) from error
    if "\\u0000" in text:
        raise InputError(f"{what} holds a NUL, which cannot be kept; leave it out, or write bytes in base64.")
    return text


def number(value: float, *, what: str) -> float:
    try:
        if math.isfinite(value):
            return value if isinstance(value, int) else float(value)
    except (TypeError, OverflowError) as error:
        raise InputError(f"{what} is no number that can be kept: {error}.") from error
    raise InputError(f"{what} is {value}; give it a number.")


def name(text: str, *, what: str) -> str:
    """Raises InputError for what no column of text takes."""
    if not is_text(text):
        raise InputError(f"{what} {text!r} holds what no text can: a NUL, or half a character. Choose another.")
    return text


def is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text
