from __future__ import annotations

import pytest

from apps.platform.sql.meaning import meant


@pytest.mark.parametrize(
    ("name", "expected"),
    [("blcks", "blocks"), ("BLOCKS", "blocks"), ("Transaction", "transactions"), ("xyz", None), ("", None), ("b" * 10_000, None)],
)
def test_the_nearest_name_is_meant_if_it_is_near(name: str, expected: str | None) -> None:
    assert meant(name, ["transactions", "blocks", "people"]) == expected


def test_it_is_told_as_it_is_written() -> None:
    assert meant("gasused", ["gasUsed", "gasPrice"]) == "gasUsed"
