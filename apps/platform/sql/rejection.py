"""The one answer to SQL that is not run."""

from __future__ import annotations

from typing import Literal

from apps.platform.errors import Invalid

Code = Literal["SQL_REJECTED", "SQL_SYNTAX"]


class Rejected(Invalid):
    """`position`: where in the text, from 0, in characters; None where it is the whole of it. `hint`: what to write instead."""

    def __init__(self, message: str, *, code: Code = "SQL_REJECTED", position: int | None = None, hint: str = "") -> None:
        super().__init__(message, code=code, detail={"position": position, "hint": hint})
        self.position = position
        self.hint = hint


def in_doubt() -> Rejected:
    return Rejected("The query cannot be read without doubt.", hint="Write it with plain spaces and plain quotes.")


def line_and_column(text: str, position: int) -> tuple[int, int]:
    """Both from 1, as editors count."""
    before = text[:position]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
