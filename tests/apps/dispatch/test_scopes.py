"""Scopes against a list that is looked through from end to end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from apps.dispatch.scopes import Scope, Scopes

_ends = st.integers(0, 30)
_ranges = st.tuples(_ends, _ends).map(lambda ends: (min(ends), max(ends)))


@given(st.lists(_ranges, max_size=20))
def test_a_range_is_free_unless_it_meets_one_before_it(ranges: list[tuple[int, int]]) -> None:
    scopes = Scopes()
    for number, (start, end) in enumerate(ranges):
        meets = any(start <= other_end and other_start <= end for other_start, other_end in ranges[:number])

        assert scopes.take(Scope("", start, end)) is not meets


@given(st.lists(st.sampled_from(["", "a", "b"]), max_size=8))
def test_a_key_is_free_once_and_none_always(keys: list[str]) -> None:
    scopes = Scopes()
    for number, key in enumerate(keys):
        assert scopes.take(Scope(key, 0, 9) if key else Scope()) is (not key or key not in keys[:number])
