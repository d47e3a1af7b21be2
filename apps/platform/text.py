"""Text of others on its way into a database."""

from __future__ import annotations


def printable(text: str) -> str:
    """Without halves of characters and NULs, which no column of text takes. Operators, which see none of ours, have the same."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "�")
