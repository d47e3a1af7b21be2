"""A long series as pieces that a call, a statement or a transaction can take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def slices(items: Sequence[T], most: int) -> Iterator[Sequence[T]]:
    """In order, each of `most` items but the last."""
    return (items[at : at + most] for at in range(0, len(items), most))
