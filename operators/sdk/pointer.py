"""JSON pointers (RFC 6901): where in a document something is."""

from __future__ import annotations

import re
from typing import Any

from operators.sdk.errors import InputError

_INDEX = re.compile(r"0|[1-9][0-9]{0,17}")


def value_at(document: Any, pointer: str) -> Any:
    found = document
    for step in pointer.split("/")[1:]:
        found = _child(found, step.replace("~1", "/").replace("~0", "~"), pointer)
    return found


def _child(parent: Any, step: str, pointer: str) -> Any:
    if isinstance(parent, dict) and step in parent:
        return parent[step]
    if isinstance(parent, list) and _INDEX.fullmatch(step) and int(step) < len(parent):
        return parent[int(step)]
    raise InputError(f"There is nothing at {pointer}; send it there, or correct the pointer in the job's config.")
