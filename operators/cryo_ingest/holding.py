"""Rows that somebody else fetched, held against headers: of one fork, within the range, and as many as the blocks say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from operators.cryo_ingest.config import CryoIngestConfig
from operators.sdk.chain.checking import Torn
from operators.sdk.chain.decoding import Json
from operators.sdk.chain.quick_logs import hex_column
from operators.sdk.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there


@dataclass(frozen=True)
class Spine:
    """Of a range of blocks that link."""

    start: int
    first_parent: str
    last_hash: str
    hashes: pa.Array
    transactions: pa.Array

    @classmethod
    def of(cls, blocks: Iterable[Json]) -> Spine:
        import pyarrow as pa

        found = [(one["number"], one["parentHash"], one["hash"], len(one["transactions"])) for one in blocks]
        return cls(
            int(found[0][0], 16), found[0][1], found[-1][2], hex_column([one[2] for one in found]),
            pa.array([one[3] for one in found], pa.uint32()),
        )  # fmt: skip


def hold_against(table: pa.Table, spine: Spine, config: CryoIngestConfig) -> None:
    """Raises Torn."""
    if "block_number" not in table.column_names:
        raise InputError(f"The files of {config.cryo_dataset_name} have no block_number, and cannot be checked.")
    places = _places(table, spine)
    if "block_hash" in table.column_names:
        _check_hashes(table, places, spine)
    _check_counts(table, places, spine, config)


def _places(table: pa.Table, spine: Spine) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    places = pc.subtract(table["block_number"].cast(pa.int64()), spine.start)
    if table.num_rows:
        bounds = pc.min_max(places).as_py()
        if bounds["min"] is None or bounds["min"] < 0 or bounds["max"] >= len(spine.hashes):
            raise Torn(f"there are rows of block {spine.start + (bounds['max'] or 0):,}, which nobody asked for")
    return places


def _check_hashes(table: pa.Table, places: pa.ChunkedArray, spine: Spine) -> None:
    import pyarrow.compute as pc

    is_other = pc.invert(pc.fill_null(pc.equal(table["block_hash"], spine.hashes.take(places)), False))
    if pc.any(is_other).as_py():
        number = pc.min(table["block_number"].filter(is_other)).as_py()
        raise Torn(f"rows of block {number:,} are of another fork")


def _check_counts(table: pa.Table, places: pa.ChunkedArray, spine: Spine, config: CryoIngestConfig) -> None:
    """Where no subject chose some of the rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    dataset, subjects = config.cryo_dataset_name, config.subjects
    if subjects.from_addresses or subjects.to_addresses:
        return
    if dataset == "blocks":
        expected, counted = pa.array([1] * len(spine.hashes), pa.uint32()), places
    elif dataset == "transactions":
        expected, counted = spine.transactions, places
    elif dataset == "traces":
        is_own = pc.and_(pc.equal(table["trace_address"], ""), pc.is_valid(table["transaction_hash"]))
        expected, counted = spine.transactions, places.filter(is_own)
    else:
        return
    found = _counts(counted, len(spine.hashes))
    if not found.equals(expected):
        place = pc.index(pc.not_equal(found, expected), True).as_py()
        raise Torn(f"block {spine.start + place:,} has {expected[place]} of {dataset}, and {found[place]} came")


def _counts(places: pa.ChunkedArray, blocks: int) -> pa.Array:
    import numpy as np
    import pyarrow as pa

    return pa.array(np.bincount(places.to_numpy(), minlength=blocks).astype("uint32"))
