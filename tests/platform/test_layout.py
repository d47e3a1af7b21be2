"""Where things lie: no two partitions share a place, whatever their keys are made of."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.platform.layout import AttemptPlace, partition_segment
from apps.platform.ports.objects import check_key

ONE = UUID(int=1)
KEYS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200)


class TestASegment:
    @pytest.mark.parametrize(
        ("key", "segment"), [("0-999", "0_999"), ("2026-11-21", "2026-11-21"), ("eth.mainnet", "eth.mainnet")]
    )
    def test_of_a_plain_key_is_readable(self, key: str, segment: str) -> None:
        assert partition_segment(key) == segment

    @pytest.mark.parametrize("key", ["0_999", "a/b", "..", "sha256-00", "ü", "07-9"])
    def test_of_what_could_be_taken_for_another_is_its_own(self, key: str) -> None:
        assert partition_segment(key) not in {partition_segment(other) for other in ("0-999", "7-9")}

    @given(KEYS, KEYS)
    def test_tells_keys_apart(self, one: str, other: str) -> None:
        assert (partition_segment(one) == partition_segment(other)) == (one == other)

    @given(KEYS)
    def test_makes_a_key_that_every_store_takes(self, key: str) -> None:
        place = AttemptPlace(ONE, ONE, ONE, key, ONE, 1)
        check_key(f"{place.prefix}_SUCCESS")
