"""What rows say of themselves, without anybody being asked: the blocks of the range, each once; rows numbered without holes; links."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from operators.integrity_check.finding import Findings
from operators.sdk.inputs import InputPartition
from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there


class Kind(StrEnum):
    BLOCKS = "blocks"
    TRANSACTIONS = "transactions"
    LOGS = "logs"
    OTHER = "other"


# What numbers the rows of a block.
PLACES = {Kind.TRANSACTIONS: "transaction_index", Kind.LOGS: "log_index"}
_LIGHT = ("block_number", "block_hash", "parent_hash", "transaction_index", "log_index", "chain_id")


def kind_of(names: list[str]) -> Kind:
    if "parent_hash" in names:
        return Kind.BLOCKS
    if "log_index" in names and "topic0" in names:
        return Kind.LOGS
    return Kind.TRANSACTIONS if {"transaction_index", "nonce", "transaction_hash"} <= set(names) else Kind.OTHER


@dataclass(frozen=True)
class Light:
    """A partition without what is heavy. `within` is its range, or that of its rows where its key is none."""

    kind: Kind
    names: list[str]
    table: pa.Table
    within: Range | None


def read_light(partition: InputPartition) -> Light | None:
    """None of a partition whose rows no block is named by."""
    import pyarrow as pa

    names = columns_of(partition)
    if "block_number" not in names:
        return None
    light = [name for name in _LIGHT if name in names]
    table = pa.Table.from_batches(list(partition.batches(light)), schema=None) if partition.rows else _empty(light)
    return Light(kind_of(names), names, table, partition.range or _hull(table))


def columns_of(partition: InputPartition) -> list[str]:
    return list(partition.columns)


def _empty(names: list[str]) -> pa.Table:
    import pyarrow as pa

    return pa.table({name: pa.array([], pa.int64()) for name in names})


def _hull(table: pa.Table) -> Range | None:
    import pyarrow.compute as pc

    found = pc.min_max(table["block_number"]).as_py()
    return None if found["min"] is None else Range(found["min"], found["max"])


def check_gaps(light: Light, chain_id: int, findings: Findings) -> None:
    _check_chain(light, chain_id, findings)
    if light.within is None:
        return
    counts: dict[int, int] = {}
    for number in light.table["block_number"].to_pylist():
        counts[number] = counts.get(number, 0) + 1
    for number in sorted(one for one in counts if not light.within.start <= one <= light.within.end):
        findings.say("gaps", number, f"a block of {light.within.key}", "a row outside of the range")
    if light.kind is Kind.BLOCKS:
        for number, count in sorted(counts.items()):
            if count > 1:
                findings.say("gaps", number, "one row", f"{count} rows of this block")
        for run in runs([one for one in range(light.within.start, light.within.end + 1) if one not in counts]):
            findings.say("gaps", run.start, f"blocks {run.key}", None)
    elif light.kind in PLACES:
        _check_places(light, findings)


def _check_chain(light: Light, chain_id: int, findings: Findings) -> None:
    import pyarrow.compute as pc

    if "chain_id" in light.names and light.table.num_rows:
        for other in pc.unique(light.table["chain_id"]).to_pylist():
            if other != chain_id:
                number = pc.min(light.table.filter(pc.equal(light.table["chain_id"], other))["block_number"]).as_py()
                findings.say("gaps", number, f"chain {chain_id}", f"rows of chain {other}")


def _check_places(light: Light, findings: Findings) -> None:
    """Numbered from 0 on, each once. Of logs that a filter chose this says nothing: `gaps` is not for those."""
    name = PLACES[light.kind]
    pairs = sorted(zip(light.table["block_number"].to_pylist(), light.table[name].to_pylist(), strict=True))
    for number, some in groupby(pairs, key=lambda one: one[0]):
        places = [place for _, place in some]
        if places != list(range(len(places))):
            said = "twice the same" if len(set(places)) < len(places) else "a hole"
            findings.say("gaps", number, f"{name} 0 to {len(places) - 1}", f"{said}: {', '.join(map(str, places[:20]))}")


def runs(numbers: list[int]) -> Iterator[Range]:
    start = before = None
    for number in numbers:
        if before is None or start is None or number != before + 1:
            if start is not None and before is not None:
                yield Range(start, before)
            start = number
        before = number
    if start is not None and before is not None:
        yield Range(start, before)


class Links:
    """Parents within a partition, and from one partition to the next that touches it."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._hash: object = None

    def check(self, light: Light, findings: Findings) -> None:
        if light.kind is not Kind.BLOCKS:
            return
        columns = (light.table[name].to_pylist() for name in ("block_number", "block_hash", "parent_hash"))
        for number, own, parent in sorted(zip(*columns, strict=True)):
            if self._number == number - 1 and parent != self._hash:
                findings.say("parents", number, text(self._hash), text(parent))
            self._number, self._hash = number, own


def text(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
