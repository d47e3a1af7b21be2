"""Rows that an operator writes to tables, in the testing kit: packed as the sink takes them, held to what is declared."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest

from apps.platform.contracts.buffers import BatchClaimed, BatchColumn
from operators.demo_blocks.config import DemoBlocksConfig
from operators.demo_blocks.declaration import DECLARATION
from operators.demo_blocks.operator import DemoBlocks
from operators.sdk.batching import ARROW, LINES, MOST_BYTES, Batches, Packed
from operators.sdk.errors import ConfigurationError, InputError
from operators.sdk.recorded_tables import RecordedBuffer, RecordedTables
from operators.sdk.rows.bringing import checked_parts
from operators.sdk.storing import Slot
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Recording
from operators.sdk.words import Keeping
from workers.sink.reading import read

COLUMNS = [BatchColumn(name=one.name, type=one.type.value, nullable=one.nullable) for one in DECLARATION.outputs[0].columns]


def made(keeping: Keeping) -> Recording[DemoBlocksConfig]:
    task = Recording(
        DemoBlocksConfig(), arrived=[Arrived(0, Event(0, range=Range(0, 99)))], keeps={0: keeping},
        tables=RecordedTables(DECLARATION.outputs),
    )  # fmt: skip
    DemoBlocks().run(task)
    return task


def as_the_sink_reads(batch: Packed, columns: list[BatchColumn]) -> pa.Table:
    claimed = BatchClaimed(
        batch_id=uuid4(), order=uuid4(), org_id=uuid4(), dataset_id=uuid4(), task_id=uuid4(), job_id=uuid4(), columns=columns, unique=[],
        replaces=True, content_type=batch.content_type, size_bytes=len(batch.body), url="", hold_seconds=1,
    )  # fmt: skip
    return read(claimed, batch.body)


def handed_over(rows: Any) -> None:
    buffer = RecordedBuffer()
    buffer.write(0, rows)
    buffer.send()


def test_an_operator_writes_where_its_output_is_kept() -> None:
    partitions, buffered, direct = (made(keeping) for keeping in (Keeping.PARTITIONS, Keeping.BUFFERED, Keeping.DIRECT))

    assert [len(task.store.published) for task in (partitions, buffered, direct)] == [1, 0, 0]
    assert buffered.buffer.read(0) == direct.table(0).rows == partitions.store.read(0, Range(0, 99)).to_pylist()
    assert [task.emitted for task in (partitions, buffered, direct)] == [[], [], [Event(0, range=Range(0, 99))]]


def test_the_sink_takes_what_was_packed_at_its_first_look() -> None:
    task = made(Keeping.BUFFERED)
    task.flush()

    (batch,) = task.buffer.batches
    assert (batch.content_type, as_the_sink_reads(batch, COLUMNS).num_rows) == (ARROW, 100)


def test_the_same_rows_have_the_same_scope_and_others_another() -> None:
    scopes = []
    for value in (1, 1, 2):
        buffer = RecordedBuffer()
        buffer.write(0, [{"a": value}])
        buffer.send()
        scopes.append(buffer.batches[0].scope)

    assert scopes[0] == scopes[1] != scopes[2]


def test_the_same_rows_handed_over_twice_by_one_attempt_are_two_batches() -> None:
    buffer = RecordedBuffer()
    for _ in range(2):
        buffer.write(0, [{"a": 1}])
        buffer.send()

    assert len({batch.scope for batch in buffer.batches}) == len({batch.name for batch in buffer.batches}) == 2


def test_no_batch_is_larger_than_one_may_be_and_no_row_is_lost() -> None:
    buffer, count = RecordedBuffer(), 3_000_000
    buffer.write(0, pa.table({"n": pa.array(range(count), pa.int64()), "nothing": pa.nulls(count, pa.string())}))
    buffer.send()

    assert all(len(batch.body) <= MOST_BYTES for batch in buffer.batches) and len(buffer.batches) > 1
    columns = [BatchColumn(name="n", type="int64", nullable=False), BatchColumn(name="nothing", type="text", nullable=True)]
    found = [number for batch in buffer.batches for number in as_the_sink_reads(batch, columns)["n"].to_pylist()]
    assert found == list(range(count))


def test_mappings_go_as_lines_with_their_values_exact() -> None:
    buffer = RecordedBuffer()
    buffer.write(0, [{"v": 2**256 - 1, "b": b"\x00\xff", "d": Decimal("1.10")}])

    assert buffer.read(0) == [{"v": 2**256 - 1, "b": "0x00ff", "d": "1.10"}]
    assert buffer.batches[0].content_type == LINES


def test_tables_and_mappings_keep_their_order() -> None:
    buffer = RecordedBuffer()
    for rows in ([{"v": 1}], pa.table({"v": [2]}), pa.table({"v": ["3"]}), [{"v": 4}]):
        buffer.write(0, rows)

    assert [row["v"] for row in buffer.read(0)] == [1, 2, "3", 4]


def test_texts_that_share_their_values_are_written_out() -> None:
    buffer = RecordedBuffer()
    buffer.write(0, pa.table({"v": pa.array(["a", "a"]).dictionary_encode()}))
    buffer.send()

    assert as_the_sink_reads(buffer.batches[0], [BatchColumn(name="v", type="text", nullable=False)])["v"].to_pylist() == [
        "a",
        "a",
    ]


@pytest.mark.parametrize("rows", [[{"v": float("nan")}], [{"v": {1}}], [{"v": "x" * (MOST_BYTES + 1)}], "rows", 7], ids=["nan", "set", "long", "text", "number"])  # fmt: skip
def test_what_no_batch_holds_is_refused_where_it_is_written(rows: Any) -> None:
    with pytest.raises(InputError):
        handed_over(rows)


def test_an_output_that_is_kept_otherwise_goes_through_no_buffer() -> None:
    given: list[Packed] = []
    buffer = Batches({0: Slot("", "", "blocks", "s3")}, given.append)

    with pytest.raises(ConfigurationError, match="write_mode: buffered"):
        buffer.write(0, [{"v": 1}])


def test_a_table_of_the_kit_takes_what_a_real_one_takes_and_refuses_the_rest() -> None:
    table = RecordedTables(DECLARATION.outputs).of(0)
    good = made(Keeping.DIRECT).table(0).rows

    assert table.upsert(good) == 100 and table.upsert([good[5] | {"gas_used": 1}]) == 1
    assert len(table.rows) == 100 and table.rows[5]["gas_used"] == 1
    assert table.replace(Range(0, 9), good[:5], key="block_number") == 5 and len(table.rows) == 95
    with pytest.raises(InputError, match=r"Row 2: `gas_used` is -1"):
        table.upsert([good[0], good[1] | {"gas_used": -1}])
    with pytest.raises(InputError, match="outside of what is replaced"):
        table.replace(Range(0, 9), good[10:11], key="block_number")


@pytest.mark.parametrize(("kind", "value", "wanted"), [
    ("uint256", (2**256 - 1).to_bytes(32, "big"), str(2**256 - 1)), ("uint256", b"\x01\x00", "256"),
    ("int256", (-5).to_bytes(32, "big", signed=True), "-5"), ("hash", bytes(32), "\\x" + "00" * 32), ("uuid", bytes(16), "0" * 32),
])  # fmt: skip
def test_bytes_are_numbers_hashes_and_ids_exactly(kind: str, value: bytes, wanted: str) -> None:
    (part,) = checked_parts(pa.table({"v": [value, None]}), [BatchColumn(name="v", type=kind, nullable=True)])

    assert part["v"].to_pylist() == [wanted, None]


def test_bytes_of_a_slice_are_those_of_the_slice() -> None:
    whole = pa.table({"v": [b"\x01", None, b"", b"\xab\xcd", b"\xff"]})

    (part,) = checked_parts(whole.slice(2, 2), [BatchColumn(name="v", type="bytes", nullable=True)])

    assert part["v"].to_pylist() == ["\\x", "\\xabcd"]


def test_rows_are_counted_over_all_parts() -> None:
    parts = iter([[{"v": 1}, {"v": 2}], pa.table({"v": [3, -4]})])

    with pytest.raises(InputError, match=r"Row 4: `v` is -4"):
        list(checked_parts(parts, [BatchColumn(name="v", type="uint32", nullable=False)]))
