"""Ranges of blocks, as somebody types them."""

from __future__ import annotations

import re

from apps.cli.exits import Misused

_RANGE = re.compile(r"([0-9]{1,19})(?:-([0-9]{1,19}))?")


def read_range(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = _RANGE.fullmatch(text)
    if not found:
        raise Misused(f"`{text}` is no range.", hint="Write --range 17 or --range 17-20; both ends belong to it.")
    return int(found[1]), int(found[2] or found[1])
