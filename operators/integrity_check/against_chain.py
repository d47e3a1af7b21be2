"""Rows held against what a node says of the same blocks: value by value, or by their number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from operators.integrity_check.finding import Findings
from operators.integrity_check.structure import PLACES, Kind, Light, runs, text
from operators.sdk.chain.asking import Asking, Question
from operators.sdk.chain.checking import answered, check_block
from operators.sdk.chain.decoding import BlockData, Form, blocks_table, logs_table, transactions_table
from operators.sdk.chain.headers import AT_ONCE, RECEIPTS_AT_ONCE, header_calls, pieces, receipt_calls
from operators.sdk.errors import InputError, Retry
from operators.sdk.inputs import InputPartition
from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa


# Rows of it are in memory at once.
BLOCKS_READ = 2_000


@dataclass(frozen=True)
class Truth:
    """Of some blocks, as the chain has them now."""

    of: Range
    table: pa.Table


def check_chain(
    asking: Asking, partition: InputPartition, light: Light, blocks: Sequence[int], checks: Sequence[str], findings: Findings
) -> None:
    """`blocks` are those to look at, in order."""
    if blocks and asking.head() < blocks[-1]:
        raise Retry(
            f"The chain is below block {blocks[-1]:,}, which is stored: a provider that lags, or a chain that went back. Another attempt asks again."
        )
    for some in _slices(blocks):
        wanted = set(some)
        stored = _stored(partition, wanted)
        for truth in asking.all(_questions(light.kind, some, asking.rpc.chain_id), lambda _: None):
            told = _rows_by_block(truth.table)
            for number in range(truth.of.start, truth.of.end + 1):
                _compare(light.kind, number, told.get(number, []), stored.get(number, []), checks, findings)


def _slices(blocks: Sequence[int]) -> Iterator[Sequence[int]]:
    """Near each other, so that a slice reads little more than it needs."""
    for start in range(0, len(blocks), BLOCKS_READ):
        yield blocks[start : start + BLOCKS_READ]


def _stored(partition: InputPartition, wanted: set[int]) -> dict[int, list[dict[str, Any]]]:
    try:
        return _by_block(partition.batches(within=Range(min(wanted), max(wanted))), wanted)
    except InputError:
        # Written without a word which column its range is of: then all of it is read.
        return _by_block(partition.batches(), wanted)


def _by_block(batches: Iterator[Any], wanted: set[int]) -> dict[int, list[dict[str, Any]]]:
    found: dict[int, list[dict[str, Any]]] = {}
    for batch in batches:
        for row in batch.to_pylist():
            if row["block_number"] in wanted:
                found.setdefault(row["block_number"], []).append(row)
    return found


def _rows_by_block(table: pa.Table) -> dict[int, list[dict[str, Any]]]:
    return _by_block(iter(table.to_batches()), set(table["block_number"].to_pylist()))


def _questions(kind: Kind, blocks: Sequence[int], chain_id: int) -> Iterator[Question[Truth]]:
    with_receipts = kind not in {Kind.BLOCKS, Kind.OTHER}
    for run in runs(list(blocks)):
        for of in pieces(run, RECEIPTS_AT_ONCE if with_receipts else AT_ONCE):
            calls = receipt_calls(of) if with_receipts else header_calls(of)
            yield Question(of, calls, partial(_truth, kind, chain_id, of))


def _truth(kind: Kind, chain_id: int, of: Range, answers: Sequence[Any]) -> Truth:
    count = of.end - of.start + 1
    receipts = [one or () for one in answers[count:]] or [None] * count
    data = []
    for number, (block, some) in enumerate(zip(answers[:count], receipts, strict=True), of.start):
        data.append(BlockData(answered(block, number=number), some))
        if kind in PLACES:
            check_block(data[-1], number=number)
    return Truth(of, _TABLES[kind](data, chain_id, Form.FILE))


_TABLES: Mapping[Kind, Callable[[Sequence[BlockData], int, Form], Any]] = {
    Kind.BLOCKS: blocks_table, Kind.TRANSACTIONS: transactions_table, Kind.LOGS: logs_table, Kind.OTHER: blocks_table,
}  # fmt: skip

Rows = Sequence[Mapping[str, Any]]


def _compare(kind: Kind, number: int, told: Rows, stored: Rows, checks: Sequence[str], findings: Findings) -> None:
    if kind is Kind.OTHER:
        _compare_hashes(number, told, stored, checks, findings)
        return
    if "counts" in checks and len(told) != len(stored):
        findings.say("counts", number, f"{len(told):,} of {kind}", f"{len(stored):,}")
    if "hashes" not in checks:
        return
    place = PLACES.get(kind, "block_number")
    by_place = {row[place]: row for row in told}
    times = Counter(row[place] for row in stored)
    for row in stored:
        truth = by_place.get(row[place])
        if truth is None:
            findings.say("hashes", number, "no such row", f"{place} {row[place]}")
        elif difference := _difference(truth, row):
            findings.say("hashes", number, *difference)
    for missing in sorted(by_place.keys() - times.keys()):
        findings.say("hashes", number, f"{place} {missing}", None)


def _compare_hashes(number: int, told: Rows, stored: Rows, checks: Sequence[str], findings: Findings) -> None:
    """Of datasets whose rows nobody here can make: at least of which fork they are."""
    expected = told[0]["block_hash"]
    other = next(
        (row["block_hash"] for row in stored if "block_hash" in row and _plain(row["block_hash"]) != _plain(expected)), None
    )
    if other is not None and "hashes" in checks:
        findings.say("hashes", number, f"block_hash {text(expected)}", f"block_hash {text(other)}")


def _difference(truth: Mapping[str, Any], row: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first column in which they differ, of those that both have."""
    for name, value in truth.items():
        if name in row and _plain(row[name]) != _plain(value):
            return f"{name} {text(value)}", f"{name} {text(row[name])}"
    return None


def _plain(value: Any) -> Any:
    """Stored as bytes or as 0x text, it is the same."""
    return f"0x{value.hex()}" if isinstance(value, bytes) else value
