"""Ranges that meet, made into one. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
_KEY = re.compile(r"([0-9]{1,19})-([0-9]{1,19})")
LAST = 2**63 - 1


@dataclass(frozen=True)
class Span(Generic[T]):
    """From `start` to `end`, both inclusive; `of` is whose it is."""

    start: int
    end: int
    of: T


@dataclass(frozen=True)
class Piece(Generic[T]):
    """What some spans cover together, without a hole."""

    start: int
    end: int
    of: tuple[T, ...]


def merge(spans: Iterable[Span[T]]) -> list[Piece[T]]:
    """Those that share a number become one piece, also by way of a third. Pieces are in order, and share none."""
    # Lists until the end: of thousands that touch, each would copy all before it.
    pieces: list[tuple[int, int, list[T]]] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if not pieces or span.start > pieces[-1][1]:
            pieces.append((span.start, span.end, [span.of]))
            continue
        start, end, of = pieces[-1]
        of.append(span.of)
        pieces[-1] = (start, max(end, span.end), of)
    return [Piece(start, end, tuple(of)) for start, end, of in pieces]


def left_of(wanted: Iterable[tuple[int, int]], taken: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What of the ranges lies in none of those that are taken; in order, and no two of them touch."""
    holes = merge(Span(start, end, None) for start, end in taken)
    left = []
    for piece in merge(Span(start, end, None) for start, end in wanted):
        at = piece.start
        for hole in holes[_first_reaching(holes, at) :]:
            if hole.start > piece.end:
                break
            if hole.start > at:
                left.append((at, hole.start - 1))
            at = max(at, hole.end + 1)
        if at <= piece.end:
            left.append((at, piece.end))
    return left


def _first_reaching(pieces: Sequence[Piece[T]], at: int) -> int:
    return bisect_left(pieces, at, key=lambda one: one.end)


def range_of_key(key: str) -> tuple[int, int] | None:
    """A partition's key that is a range says so; any other is opaque."""
    found = _KEY.fullmatch(key)
    start, end = (int(found[1]), int(found[2])) if found else (1, 0)
    return (start, end) if start <= end <= LAST else None
