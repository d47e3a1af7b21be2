"""A manifest: what is written is read, and one that contradicts itself is refused with words."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from operators.sdk.manifest import Field, File, Manifest

WHOLE = Manifest(
    task_id="t", attempt=2, dataset_uuid="d", dataset_version="v", partition_key="0-9",
    files=[File("a.parquet", 10, "0" * 64, 3), File("b.parquet", 5, "1" * 64, 4)],
    schema=[Field("block_number", "int64", nullable=False)], key="block_number", key_min=0, key_max=9,
)  # fmt: skip


def changed(**told: Any) -> bytes:
    return json.dumps(json.loads(WHOLE.to_bytes()) | told).encode()


def test_it_is_read_as_it_was_written() -> None:
    assert Manifest.parse(WHOLE.to_bytes()) == WHOLE


def test_its_sums_are_those_of_its_files() -> None:
    assert (WHOLE.rows, WHOLE.size_bytes) == (7, 15)


def test_another_column_is_another_schema() -> None:
    assert replace(WHOLE, schema=[Field("block_number", "int64", nullable=True)]).schema_hash != WHOLE.schema_hash


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"{", "not JSON"),
        (b"[]", "not an object"),
        (changed(format=2), "format"),
        (changed(rows=8), "`rows` is 8"),
        (changed(size_bytes=1), "`size_bytes`"),
        (changed(schema_hash="x"), "`schema_hash`"),
        (changed(files="all"), "`files` is not a list"),
        (changed(files=[{"name": "a", "size_bytes": -1, "sha256": "x", "rows": 0}]), "`size_bytes` is -1"),
        (changed(attempt=True), "`attempt`"),
        (changed(partition_key=None), "`partition_key`"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_one_that_cannot_be_true_is_refused(body: bytes, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        Manifest.parse(body)
