"""Where decoded logs come from and where they go: partitions, tables, a real chain's logs, reorgs."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from operators.log_decode.config import LogDecodeConfig
from operators.log_decode.operator import LogDecode
from operators.sdk.chain.decoding import BlockData, Form, logs_table
from operators.sdk.errors import ConfigurationError, InputError
from operators.sdk.recorded_hot import RecordedHot
from operators.sdk.recorded_inputs import RecordedInputs
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Recording
from operators.sdk.words import Keeping, Reason
from tests.fixtures.chain import ALICE, Node
from tests.operators.log_decode.making import CONTRACT, OF_ONE, SCHEMA, TRANSFER, log, log_of

ABI = [TRANSFER.model_dump(by_alias=True)]
WHO = ("0x" + "11" * 20, "0x" + "22" * 20)


def transfers(*blocks: int) -> pa.Table:
    """One in each, of as many as its number."""
    return pa.Table.from_pylist([log_of(TRANSFER, [*WHO, block], block_number=block) for block in blocks], SCHEMA)


def config(**said: Any) -> LogDecodeConfig:
    return LogDecodeConfig.model_validate({"abi": ABI} | said)


def reading(*tables: dict[Range | str, pa.Table], **said: Any) -> Recording[LogDecodeConfig]:
    return Recording(config(**said), inputs=RecordedInputs(*tables, key="block_number"))


def numbers(rows: pa.Table) -> list[int]:
    return [int.from_bytes(value, "big") for value in rows.column("value").to_pylist()]


def test_each_partition_becomes_one_of_the_same_blocks() -> None:
    task = reading({Range(0, 9): transfers(1, 5), Range(10, 19): transfers(10)})

    LogDecode().run(task)

    assert numbers(task.store.read(0, Range(0, 9))) == [1, 5]
    assert numbers(task.store.read(0, Range(10, 19))) == [10]
    assert task.store.manifest(0, Range(0, 9)).key == "block_number"
    assert task.emitted == []
    assert task.metrics == {"logs_decoded": 3, "logs_unknown": 0, "logs_broken": 0}


def test_a_partition_without_such_logs_still_has_the_columns() -> None:
    task = reading({Range(0, 9): transfers()})

    LogDecode().run(task)

    found = task.store.read(0, Range(0, 9))
    assert (found.num_rows, found.column_names[-3:]) == (0, ["from", "to", "value"])


def test_every_event_has_an_output_of_its_own() -> None:
    both = pa.Table.from_pylist([log_of(TRANSFER, [*WHO, 1]), log_of(OF_ONE, [*WHO, 2])], SCHEMA)
    task = reading({Range(7, 7): both}, abi=[*ABI, OF_ONE.model_dump(by_alias=True)])

    LogDecode().run(task)

    assert numbers(task.store.read(0, Range(7, 7))) == [1]
    assert [int.from_bytes(one, "big") for one in task.store.read(1, Range(7, 7)).column("tokenId").to_pylist()] == [2]


def test_inputs_with_the_same_blocks_are_decoded_into_one_partition() -> None:
    task = reading({Range(0, 9): transfers(1)}, {Range(0, 9): transfers(2)})

    LogDecode().run(task)

    assert numbers(task.store.read(0, Range(0, 9))) == [1, 2]


def test_what_is_skipped_is_counted_and_told() -> None:
    strange = [log([], b""), log_of(TRANSFER, [*WHO, 1]) | {"data": b"\x01"}, log_of(TRANSFER, [*WHO, 2])]
    task = reading({Range(7, 7): pa.Table.from_pylist(strange, SCHEMA)}, contracts=["0x" + CONTRACT.hex()])

    LogDecode().run(task)

    assert task.metrics == {"logs_decoded": 1, "logs_unknown": 1, "logs_broken": 1}
    (line,) = task.log.lines
    assert (line.values["unknown"], line.values["broken"]) == (1, 1)


def test_an_unknown_log_fails_where_the_config_says_so_and_nothing_is_published() -> None:
    strange = pa.Table.from_pylist([log_of(TRANSFER, [*WHO, 1]), log([b"\x99" * 32], b"", log_index=4)], SCHEMA)
    task = reading({Range(7, 7): strange}, contracts=["0x" + CONTRACT.hex()], on_unknown="fail")

    with pytest.raises(InputError, match="The log 4 of block 7 is none of the events of `abi`"):
        LogDecode().run(task)
    assert task.store.published == []


def test_a_partition_that_is_no_range_keeps_its_key() -> None:
    task = reading({"2026-01-01": transfers(3)})

    LogDecode().run(task)

    assert numbers(task.store.read(0, "2026-01-01")) == [3]


def test_logs_without_a_column_that_is_read_say_which() -> None:
    task = reading({Range(0, 9): transfers(1).drop_columns(["topic3"])})

    with pytest.raises(InputError, match="no column topic3"):
        LogDecode().run(task)


# Into tables


def following(
    hot: RecordedHot, *arrived: Arrived, before: Recording[LogDecodeConfig] | None = None
) -> Recording[LogDecodeConfig]:
    task = Recording(config(hot_dataset="logs"), arrived=arrived, hots={"logs": hot}, keeps={0: Keeping.DIRECT})
    if before:
        task.state, task.tables = before.state, before.tables
    LogDecode().run(task)
    return task


def at(cursor: int) -> Arrived:
    return Arrived(0, Event(0, cursor=cursor))


def values(task: Recording[LogDecodeConfig]) -> list[str]:
    return [row["value"] for row in task.tables.of(0).rows]


def test_a_table_is_followed_block_by_block_also_past_blocks_that_were_not_told() -> None:
    hot = RecordedHot(transfers(3, 4, 5, 6, 7))

    first = following(hot, at(4))
    second = following(hot, at(7), before=first)

    assert values(first) == ["3", "4", "5", "6", "7"]
    assert [event.cursor for event in (*first.emitted, *second.emitted)] == [4, 7]
    assert [change[0].scope for change in second.tables.changes] == [Range(3, 4), Range(5, 7)]


def test_a_block_that_is_told_again_is_decoded_again_alone() -> None:
    first = following(RecordedHot(transfers(3, 4, 5)), at(5))

    again = following(RecordedHot(transfers(3, 4, 5)), at(4), before=first)

    assert again.tables.changes[-1][0].scope == Range(4, 4)
    assert again.state.get() == "5"
    assert sorted(values(again)) == ["3", "4", "5"]


def test_a_reorg_takes_its_rows_away_and_is_told_on() -> None:
    first = following(RecordedHot(transfers(3, 4, 5)), at(5))
    taken_back = Arrived(0, Event(0, range=Range(4, 5)), invalidation=Reason.REORG)

    after = following(RecordedHot(transfers(3, 4)), taken_back, before=first)

    assert values(after) == ["3", "4"]
    assert [(one.scope, one.reason) for one in after.invalidated] == [(Range(4, 5), Reason.REORG)]
    assert after.emitted == []
    assert after.state.get() == "5"


def test_blocks_that_went_before_they_were_read_fail_it_and_never_count_as_empty() -> None:
    hot = RecordedHot(transfers(7), moved=[Range(0, 4)])

    with pytest.raises(InputError, match="0-4 of hot was compacted and then deleted from it before it was read here"):
        following(hot, at(4))


def test_blocks_of_a_table_without_rows_make_none() -> None:
    assert values(following(RecordedHot(transfers()), at(9))) == []


def test_partitions_go_into_a_table_that_is_told_of_by_range() -> None:
    task = Recording(config(), inputs=RecordedInputs({Range(0, 9): transfers(1)}, key="block_number"), keeps={0: Keeping.DIRECT})

    LogDecode().run(task)

    assert values(task) == ["1"]
    assert [event.range for event in task.emitted] == [Range(0, 9)]


@pytest.mark.parametrize(
    ("kept", "arrived", "told"),
    [
        (Keeping.PARTITIONS, at(4), "put a range_aggregator before"),
        (Keeping.BUFFERED, Arrived(0, Event(0, range=Range(4, 5)), invalidation=Reason.REORG), "write_mode: direct"),
        (Keeping.DIRECT, Arrived(0, Event(0, data={})), "take an input that follows a chain"),
        (Keeping.NOTHING, at(4), "publish one, which is the event of its place"),
    ],
)
def test_what_cannot_work_says_what_to_do(kept: Keeping, arrived: Arrived, told: str) -> None:
    task = Recording(config(hot_dataset="logs"), arrived=[arrived], hots={"logs": RecordedHot(transfers(3, 4))}, keeps={0: kept})

    with pytest.raises(ConfigurationError, match=told):
        LogDecode().run(task)


def test_logs_of_a_real_chain_decode_to_what_was_sent(node: Node) -> None:
    node.mine(3, tokens=4)
    blocks = [
        BlockData(node.ask("eth_getBlockByNumber", hex(n), True), node.ask("eth_getBlockReceipts", hex(n)))
        for n in range(node.head + 1)
    ]
    task = reading({Range(0, node.head): logs_table(blocks, node.chain_id, Form.FILE)}, contracts=[node.token], on_unknown="fail")

    LogDecode().run(task)

    rows = task.store.read(0, Range(0, node.head)).to_pylist()
    assert [(row["from"], row["to"], int.from_bytes(row["value"], "big")) for row in rows] == [
        (bytes(20), bytes.fromhex(ALICE[2:]), number + 1) for _ in range(3) for number in range(4)
    ]
    assert {row["address"] for row in rows} == {bytes.fromhex(node.token[2:])}
