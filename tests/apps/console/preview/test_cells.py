"""Values as a preview tells them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from apps.console.preview.cells import LONGEST, cut, text_of


@pytest.mark.parametrize(
    ("value", "declared", "text"),
    [
        (None, "", None),
        (True, "boolean", "true"),
        (2**64 - 1, "uint64", "18446744073709551615"),
        (Decimal(10) ** 76, "uint256", "1" + "0" * 76),
        (Decimal("0.000000001"), "decimal", "0.000000001"),
        ((2**256 - 1).to_bytes(32, "big"), "uint256", str(2**256 - 1)),
        ((-5).to_bytes(32, "big", signed=True), "int256", "-5"),
        ((7).to_bytes(32, "big"), "hash", "0x" + "0" * 63 + "7"),
        (b"\x00\xff", "bytes", "0x00ff"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "timestamp", "2026-01-02T03:04:05Z"),
        (date(2026, 1, 2), "date", "2026-01-02"),
        ([{"a": b"\x01"}], "", '[{"a": "0x01"}]'),
    ],
    ids=["none", "boolean", "uint64", "decimal", "small", "wide", "negative", "hash", "bytes", "instant", "day", "nested"],
)
def test_a_value_is_told_exactly(value: object, declared: str, text: str | None) -> None:
    assert text_of(value, declared) == text


@pytest.mark.parametrize(
    "value", ["x" * 5_000, b"x" * 5_000, ["x" * 5_000], 10**2_000], ids=["text", "bytes", "nested", "number"]
)
def test_a_long_value_is_cut_and_says_so(value: object) -> None:
    shown, is_cut = cut(text_of(value))

    assert is_cut and shown is not None and len(shown) == LONGEST + 1 and shown.endswith("…")


def test_a_value_that_fits_is_whole() -> None:
    assert cut("x" * LONGEST) == ("x" * LONGEST, False)
