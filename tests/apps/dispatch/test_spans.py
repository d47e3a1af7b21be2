"""Ranges made into one, against sets of numbers."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.dispatch.spans import Span, merge, range_of_key

_ends = st.integers(0, 60)
_spans = st.lists(st.tuples(_ends, _ends).map(lambda ends: (min(ends), max(ends))), max_size=25).map(
    lambda ranges: [Span(start, end, number) for number, (start, end) in enumerate(ranges)]
)


def numbers(start: int, end: int) -> set[int]:
    return set(range(start, end + 1))


@given(_spans)
def test_no_number_is_lost_and_none_is_won(spans: list[Span[int]]) -> None:
    covered = set().union(*(numbers(one.start, one.end) for one in spans))

    assert set().union(*(numbers(one.start, one.end) for one in merge(spans))) == covered


@given(_spans)
def test_pieces_share_no_number_and_are_in_order(spans: list[Span[int]]) -> None:
    pieces = merge(spans)

    assert all(before.end < after.start for before, after in itertools.pairwise(pieces))


@given(_spans)
def test_each_span_is_in_one_piece_that_covers_it(spans: list[Span[int]]) -> None:
    pieces = merge(spans)

    assert sorted(of for piece in pieces for of in piece.of) == [one.of for one in spans]
    for piece in pieces:
        for of in piece.of:
            assert piece.start <= spans[of].start and spans[of].end <= piece.end


@given(_spans)
def test_what_shares_no_number_stays_apart(spans: list[Span[int]]) -> None:
    for piece in merge(spans):
        covered = set().union(*(numbers(spans[of].start, spans[of].end) for of in piece.of))
        assert covered == numbers(piece.start, piece.end)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("0-999", (0, 999)), ("7-7", (7, 7)), ("9-3", None), ("2024-01-01", None), ("995", None), ("", None), ("-1-5", None),
        (f"0-{2**63 - 1}", (0, 2**63 - 1)), (f"0-{2**63}", None), ("0-999\n", None), ("٣-٤", None),
    ],
)  # fmt: skip
def test_a_key_is_a_range_or_a_name(key: str, meant: tuple[int, int] | None) -> None:
    assert range_of_key(key) == meant
