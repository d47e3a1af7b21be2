"""Everything that stored data can be wrong in is found by the full check, and nothing in data that is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from operators.cryo_ingest.config import CryoIngestConfig
from operators.cryo_ingest.operator import CryoIngest
from operators.integrity_check.config import IntegrityCheckConfig
from operators.integrity_check.declaration import DECLARATION
from operators.integrity_check.operator import IntegrityCheck
from operators.sdk.errors import ConfigurationError, InputError
from operators.sdk.reading import KeptPartition
from operators.sdk.recorded_inputs import RecordedInputs
from operators.sdk.recorded_tables import RecordedTables
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Recording
from operators.sdk.words import Keeping
from tests.fixtures.chain import Node

FIRST, SECOND = Range(1, 20), Range(21, 40)
ALL = ["hashes", "parents", "gaps", "counts", "checksums"]
Task = Recording[IntegrityCheckConfig]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Stored:
    """Of one dataset, as it was fetched: a table per partition. `other` has the same blocks of another fork."""

    right: dict[Range, pa.Table]
    other: dict[Range, pa.Table]


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    made = Node()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def stored(node: Node) -> dict[str, Stored]:
    """Another fork first, then back and the chain that stays."""
    node.deployed()
    before = node.snapshot()
    node.mine(39, transfers=2, tokens=3)
    other = {dataset: _fetched(node, dataset) for dataset in ("blocks", "transactions", "logs")}
    node.revert(before)
    node.mine(1, transfers=1, tokens=1)
    node.mine(39, transfers=2, tokens=3)
    return {dataset: Stored(_fetched(node, dataset), other[dataset]) for dataset in other}


def _fetched(node: Node, dataset: str) -> dict[Range, pa.Table]:
    config = CryoIngestConfig.model_validate({"chain_id": node.chain_id, "rpc_pool": "archive", "cryo_dataset_name": dataset})
    task = Recording(config, arrived=[Arrived(0, Event(0, range=one)) for one in (FIRST, SECOND)], chains={"archive": node.rpc})
    CryoIngest().run(task)
    return {one: task.store.read(0, one) for one in (FIRST, SECOND)}


def checked(
    node: Node, inputs: RecordedInputs, *, checks: list[str] = ALL, percent: float = 100, on_finding: str = "invalidate"
) -> Task:
    config = IntegrityCheckConfig.model_validate(
        {"chain_id": node.chain_id, "rpc_pool": "archive", "checks": checks, "sample_percent": percent, "on_finding": on_finding}
    )
    task = Recording(
        config, inputs=inputs, chains={"archive": node.rpc}, keeps={0: Keeping.DIRECT}, tables=RecordedTables(DECLARATION.outputs)
    )
    IntegrityCheck().run(task)
    return task


def found(task: Task) -> set[str]:
    return {row["check"] for row in task.table(0).rows}


def inputs_of(tables: dict[Range, pa.Table], *, key: str | None = "block_number") -> RecordedInputs:
    by_key: dict[Range | str, pa.Table] = {within: table for within, table in tables.items()}  # noqa: C416  a wider type of key
    return RecordedInputs(by_key, key=key)


def changed(change: Callable[[Rows, Rows], Rows]) -> Callable[[Stored], dict[Range, pa.Table]]:
    """The second partition is made wrong. The change sees its rows, and those of the other fork."""

    def made(one: Stored) -> dict[Range, pa.Table]:
        table = one.right[SECOND]
        rows = change(table.to_pylist(), one.other[SECOND].to_pylist())
        return {**one.right, SECOND: pa.Table.from_pylist(rows, schema=table.schema)}

    return made


def at(number: int, **values: Any) -> Callable[[Rows, Rows], Rows]:
    """The row in that place with other values; a function makes one of what was there."""

    def change(rows: Rows, _: Rows) -> Rows:
        row = {name: made(rows[number][name]) if callable(made) else made for name, made in values.items()}
        return [*rows[:number], {**rows[number], **row}, *rows[number + 1 :]]

    return change


def swapped(rows: Rows, _: Rows) -> Rows:
    one, two = ({**rows[a], "block_hash": rows[b]["block_hash"]} for a, b in ((4, 5), (5, 4)))
    return [*rows[:4], one, two, *rows[6:]]


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


# By name: the dataset, what is made of it, and the checks that must see it.
KINDS: dict[str, tuple[str, Callable[[Rows, Rows], Rows], set[str]]] = {
    "a missing block": ("blocks", lambda rows, _: rows[:7] + rows[8:], {"gaps", "counts", "hashes"}),
    "a duplicated block": ("blocks", lambda rows, _: [*rows, rows[3]], {"gaps", "counts"}),
    "swapped hashes": ("blocks", swapped, {"hashes", "parents"}),
    "a wrong parent": ("blocks", at(6, parent_hash=flipped), {"parents", "hashes"}),
    "a block of another fork": ("blocks", lambda rows, other: [*rows[:5], other[5], *rows[6:]], {"parents", "hashes"}),
    "an altered timestamp": ("blocks", at(2, timestamp=lambda old: old + 1), {"hashes"}),
    "the first block lost at the edge": ("blocks", lambda rows, _: rows[1:], {"gaps", "counts"}),
    "the last block lost at the edge": ("blocks", lambda rows, _: rows[:-1], {"gaps", "counts"}),
    "a wrong chain id": ("blocks", at(0, chain_id=1), {"gaps", "hashes"}),
    "an empty partition": ("blocks", lambda rows, _: rows[:0], {"gaps", "counts"}),
    "a transaction missing": ("transactions", lambda rows, _: rows[:5] + rows[6:], {"counts", "hashes", "gaps"}),
    "the last transaction of a block missing": ("transactions", lambda rows, _: rows[:-1], {"counts", "hashes"}),
    "a transaction too many": (
        "transactions", lambda rows, _: [*rows, {**rows[-1], "transaction_index": rows[-1]["transaction_index"] + 1}], {"counts", "hashes"},
    ),
    "a value that is one wei off": (
        "transactions", at(1, value_string=lambda old: str(int(old) + 1), value_binary=flipped), {"hashes"},
    ),
    "a wrong sender": ("transactions", at(2, from_address=flipped), {"hashes"}),
    "transactions of an empty partition": ("transactions", lambda rows, _: rows[:0], {"counts", "hashes"}),
    "a log missing": ("logs", lambda rows, _: rows[:4] + rows[5:], {"gaps", "counts", "hashes"}),
    "the last log of a block missing": ("logs", lambda rows, _: rows[:-1], {"counts", "hashes"}),
    "a duplicated log": ("logs", lambda rows, _: [*rows, rows[0]], {"gaps", "counts"}),
    "logs of another fork": ("logs", lambda rows, other: [*rows[:5], other[5], *rows[6:]], {"hashes"}),
    "a wrong topic": ("logs", at(3, topic2=flipped), {"hashes"}),
    "a wrong byte of data": ("logs", at(3, data=flipped), {"hashes"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_full_check_finds(node: Node, stored: dict[str, Stored], kind: str) -> None:
    dataset, change, checks = KINDS[kind]
    task = checked(node, inputs_of(changed(change)(stored[dataset])))

    assert found(task) >= checks
    assert {row["partition_key"] for row in task.table(0).rows} == {SECOND.key}
    assert task.disputed == [SECOND.key]


def test_a_row_outside_of_the_range_is_found(node: Node, stored: dict[str, Stored]) -> None:
    """Written by somebody who names no key: where one is named, such a row is not taken."""
    tables = changed(lambda rows, _: [*rows, {**rows[-1], "block_number": SECOND.end + 1}])(stored["blocks"])
    task = checked(node, inputs_of(tables, key=None))

    assert ("gaps", SECOND.end + 1) in {(row["check"], row["block_number"]) for row in task.table(0).rows}


FILES: dict[str, Callable[[Path], object]] = {
    "truncated": lambda file: file.write_bytes(file.read_bytes()[:-100]),
    "flipped": lambda file: file.write_bytes(
        bytes([*file.read_bytes()[:200], file.read_bytes()[200] ^ 255, *file.read_bytes()[201:]])
    ),
    "gone": lambda file: file.unlink(),
    "a manifest that was changed": lambda file: (file.parent / "_manifest.json").write_bytes(b"{}"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_not_as_its_manifest_says_is_found(node: Node, stored: dict[str, Stored], kind: str) -> None:
    inputs = inputs_of(stored["blocks"].right)
    partition = inputs[0].partitions[1]
    assert isinstance(partition, KeptPartition)
    FILES[kind](Path(partition.pinned.prefix) / partition.pinned.files[0].name)

    task = checked(node, inputs)
    assert (found(task), task.disputed) == ({"checksums"}, [SECOND.key])


@pytest.mark.parametrize("dataset", ["blocks", "transactions", "logs"])
def test_what_is_right_has_no_findings(node: Node, stored: dict[str, Stored], dataset: str) -> None:
    task = checked(node, inputs_of(stored[dataset].right))

    assert (task.table(0).rows, task.disputed, task.emitted) == ([], [], [])
    assert (task.metrics["findings"], task.metrics["detects_one_wrong_block"]) == (0, 1)


def test_without_a_chain_it_sees_what_rows_say_of_themselves(node: Node, stored: dict[str, Stored]) -> None:
    tables = changed(KINDS["a wrong parent"][1])(stored["blocks"])
    config = IntegrityCheckConfig(chain_id=node.chain_id)
    task = Recording(config, inputs=inputs_of(tables), keeps={0: Keeping.DIRECT}, tables=RecordedTables(DECLARATION.outputs))
    IntegrityCheck().run(task)

    assert found(task) == {"parents"}


def test_a_hole_between_partitions_that_follow_each_other_is_a_broken_link(node: Node, stored: dict[str, Stored]) -> None:
    tables = {FIRST: stored["blocks"].right[FIRST], SECOND: stored["blocks"].other[SECOND]}
    task = checked(node, inputs_of(tables), checks=["parents"])

    assert [(row["check"], row["block_number"]) for row in task.table(0).rows] == [("parents", SECOND.start)]


def test_what_was_repaired_is_not_told_of_any_more(node: Node, stored: dict[str, Stored]) -> None:
    wrong = checked(node, inputs_of(changed(KINDS["a missing block"][1])(stored["blocks"])))
    again = Recording(
        wrong.config, inputs=inputs_of(stored["blocks"].right), chains=wrong.chains, keeps=wrong.keeps, tables=wrong.tables
    )
    IntegrityCheck().run(again)

    assert again.table(0).rows == []


def test_it_may_record_only_or_fail(node: Node, stored: dict[str, Stored]) -> None:
    tables = changed(KINDS["a wrong sender"][1])(stored["transactions"])
    recorded = checked(node, inputs_of(tables), on_finding="record")
    assert (len(recorded.table(0).rows), recorded.disputed) == (1, [])

    with pytest.raises(InputError, match="1 things are wrong in 2 partitions"):
        checked(node, inputs_of(tables), on_finding="fail")


def test_a_pool_of_another_chain_is_refused(node: Node, stored: dict[str, Stored]) -> None:
    config = IntegrityCheckConfig(chain_id=5, rpc_pool="archive", checks=["counts"])
    with pytest.raises(ConfigurationError, match="is of chain 31337, and this job says chain 5"):
        IntegrityCheck().run(Recording(config, inputs=inputs_of(stored["blocks"].right), chains={"archive": node.rpc}))


def test_a_sample_finds_as_often_as_it_says(node: Node, stored: dict[str, Stored]) -> None:
    """One wrong block in every place of a partition of 20, each looked for with a quarter of its blocks: five of them are found."""
    right = stored["blocks"].right
    task = checked(node, inputs_of({SECOND: right[SECOND]}), checks=["hashes"], percent=25)
    hits = 0
    for place in range(20):
        wrong = changed(at(place, timestamp=lambda old: old + 1))(stored["blocks"])
        hits += bool(checked(node, inputs_of({SECOND: wrong[SECOND]}), checks=["hashes"], percent=25).disputed)

    assert task.metrics["detects_one_wrong_block"] == pytest.approx(5 / 20)
    assert hits == 5
