"""Which blocks a sample has, and how likely it is to find something."""

from __future__ import annotations

from itertools import combinations
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.integrity_check.sampling import detection, sampled


def test_the_same_partition_has_the_same_sample_and_another_one_another() -> None:
    blocks = range(1_000)
    one = sampled(blocks, 5, chain_id=1, key="0-999")

    assert one == sampled(blocks, 5, chain_id=1, key="0-999")
    assert len(one) == 50
    assert one != sampled(blocks, 5, chain_id=5, key="0-999")


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
def test_the_chance_is_counted_over_all_samples(blocks: int, looked_at: int, wrong: int) -> None:
    looked_at, wrong = min(looked_at, blocks), min(wrong, blocks)
    expected = 1 - comb(blocks - wrong, looked_at) / comb(blocks, looked_at)

    assert detection(blocks, looked_at, wrong) == pytest.approx(expected, abs=1e-9)


def test_the_chance_is_that_of_real_samples() -> None:
    wrong = {2, 5}
    every = [set(one) for one in combinations(range(8), 3)]

    assert detection(8, 3, 2) == pytest.approx(sum(bool(one & wrong) for one in every) / len(every))


def test_even_a_small_percentage_looks_at_something() -> None:
    assert len(sampled(range(7), 0.1, chain_id=1, key="0-6")) == 1
