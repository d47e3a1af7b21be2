"""What a type is called decides as the type itself does."""

from __future__ import annotations

import pyarrow as pa
import pytest

from operators.sdk.arrow_names import fits
from operators.sdk.shape import _FITTING
from operators.sdk.words import ColumnType

TYPES = [
    pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()), pa.bool_(), pa.int8(), pa.int32(), pa.int64(), pa.uint32(),
    pa.uint64(), pa.binary(), pa.large_binary(), pa.binary(32), pa.float32(), pa.float64(), pa.decimal128(38), pa.decimal256(76, 3),
    pa.timestamp("us", "UTC"), pa.timestamp("s"), pa.date32(), pa.date64(), pa.list_(pa.int64()),
]  # fmt: skip


@pytest.mark.parametrize("declared", list(ColumnType))
def test_a_name_fits_where_its_type_does(declared: ColumnType) -> None:
    assert [str(one) for one in TYPES if fits(declared, str(one))] == [str(one) for one in TYPES if _FITTING[declared](one)]
