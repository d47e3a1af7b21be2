"""Rows of a hot table become files: sorted, in files and groups of the size that was asked for, the same bytes every time; and what
is not whole is not compacted.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from operators.parquet_compact.config import ParquetCompactConfig
from operators.parquet_compact.declaration import DECLARATION
from operators.parquet_compact.operator import ParquetCompact
from operators.sdk.chain.decoding import BlockData, Form, blocks_table, logs_table, transactions_table
from operators.sdk.errors import ConfigurationError, InputError, NotYet, Retry
from operators.sdk.recorded_hot import RecordedHot
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.testing import Recording
from operators.sdk.words import Reason

CHAIN = 31337
FINAL = 4
WITHIN = Range(10, 29)


def _hash(number: int, fork: str = "a") -> str:
    return f"0x{fork * 8}{number:056x}"


def block(number: int, *, fork: str = "a", transactions: int = 2) -> BlockData:
    """As a node would answer it; each transaction has a log."""
    own = _hash(number, fork)
    sent = [
        {
            "blockNumber": hex(number), "blockHash": own, "transactionIndex": hex(index), "hash": _hash(number * 1000 + index, fork),
            "nonce": "0x1", "from": "0x" + "11" * 20, "to": "0x" + "22" * 20, "value": hex(10**20 + index), "input": "0x00ff",
            "gas": "0x5208", "gasPrice": "0x1", "type": "0x2",
        }
        for index in range(transactions)
    ]  # fmt: skip
    receipts = [
        {
            "gasUsed": "0x5208", "effectiveGasPrice": "0x1", "status": "0x1",
            "logs": [{
                "blockNumber": hex(number), "blockHash": own, "transactionIndex": hex(index), "logIndex": hex(index),
                "transactionHash": one["hash"], "address": "0x" + "33" * 20, "topics": [_hash(7)], "data": "0x",
            }],
        }
        for index, one in enumerate(sent)
    ]  # fmt: skip
    header = {
        "number": hex(number), "hash": own, "parentHash": _hash(max(number - 1, 0), fork), "timestamp": hex(1_700_000_000 + number),
        "miner": "0x" + "44" * 20, "gasUsed": "0x1", "extraData": "0x", "baseFeePerGas": "0x7", "transactions": sent,
    }  # fmt: skip
    return BlockData(header, receipts)


def chain(start: int = 0, end: int = 40, **more: Any) -> list[BlockData]:
    return [block(number, **more) for number in range(start, end + 1)]


def blocks(*parts: list[BlockData], chain_id: int = CHAIN) -> pa.Table:
    return blocks_table([one for part in parts for one in part], chain_id, Form.FILE)


def logs(*parts: list[BlockData]) -> pa.Table:
    return logs_table([one for part in parts for one in part], CHAIN, Form.FILE)


def given(
    rows: pa.Table,
    *,
    within: Range = WITHIN,
    unique: tuple[str, ...] = ("block_number",),
    moved: tuple[Range, ...] = (),
    is_settled: bool = False,
    **config: Any,
) -> Recording[ParquetCompactConfig]:
    said = ParquetCompactConfig(**{"chain_id": CHAIN, "hot_dataset": "hot_rows", "finality_depth_blocks": FINAL, **config})
    hot = RecordedHot(rows, name="hot_rows", unique=unique, moved=moved, is_settled=is_settled, batch_rows=7)
    return Recording(said, arrived=[Arrived(0, Event(0, range=within))], hots={"hot_rows": hot})


def run(task: Recording[ParquetCompactConfig]) -> pa.Table:
    ParquetCompact().run(task)
    return task.store.read(0, WITHIN)


def test_a_final_range_becomes_a_partition_of_exactly_its_rows() -> None:
    found = run(given(blocks(chain())))

    assert found.equals(blocks(chain(10, 29)))


def test_transactions_keep_every_digit_of_their_value() -> None:
    rows = transactions_table(chain(), CHAIN, Form.FILE)
    found = run(given(rows, unique=("block_number", "transaction_index")))

    assert found.equals(transactions_table(chain(10, 29), CHAIN, Form.FILE))
    assert int.from_bytes(found["value_binary"][0].as_py(), "big") == 10**20


def test_rows_are_sorted_as_asked_whatever_order_the_table_has_them_in() -> None:
    mixed = logs(chain()).take(list(reversed(range(logs(chain()).num_rows))))
    found = run(given(mixed, unique=("block_number", "log_index"), sort_by=["block_number", "transaction_hash"]))

    assert found["block_number"].to_pylist() == sorted(found["block_number"].to_pylist())
    pairs = list(zip(found["block_number"].to_pylist(), found["transaction_hash"].to_pylist(), strict=True))
    assert pairs == sorted(pairs)


def test_the_same_rows_in_another_order_are_the_same_bytes() -> None:
    straight = given(logs(chain()), unique=("block_number", "log_index"))
    mixed = given(logs(chain()).take(list(reversed(range(logs(chain()).num_rows)))), unique=("block_number", "log_index"))
    run(straight), run(mixed)

    assert straight.store.manifest(0, WITHIN).files == mixed.store.manifest(0, WITHIN).files


def test_files_and_groups_have_as_many_rows_as_asked() -> None:
    many = chain(0, 1400, transactions=2)
    task = given(logs(many), within=Range(0, 1299), unique=("block_number", "log_index"), rows_per_file=2000, rows_per_group=1000)
    ParquetCompact().run(task)

    folder, files = task.store.folder(0, Range(0, 1299)), task.store.manifest(0, Range(0, 1299)).files
    assert [file.rows for file in files] == [2000, 600]
    first = pq.ParquetFile(folder / files[0].name)
    assert [first.metadata.row_group(number).num_rows for number in range(first.num_row_groups)] == [1000, 1000]


def test_a_range_without_logs_is_a_partition_without_rows() -> None:
    found = run(given(logs(chain(0, 5), chain(30, 40)), unique=("block_number", "log_index")))

    assert found.num_rows == 0
    assert found.schema.names == logs([]).schema.names


def test_a_range_that_is_not_final_waits_without_using_up_an_attempt() -> None:
    with pytest.raises(NotYet, match=r"10-29 is not final yet: 4 blocks must lie above it, and the highest of hot_rows is 30, 3 too few") as waits:  # fmt: skip
        run(given(blocks(chain(0, 30))))

    assert waits.value.seconds == 3


def test_the_last_block_of_a_range_is_final_as_soon_as_enough_lie_above_it() -> None:
    assert run(given(blocks(chain(0, 33)))).num_rows == 20


def test_an_empty_table_waits() -> None:
    with pytest.raises(NotYet, match="hot_rows has no rows yet"):
        run(given(blocks([])))


def test_missing_blocks_are_named() -> None:
    holes = blocks(chain(0, 12), chain(15, 20), chain(28, 40))

    with pytest.raises(Retry, match=r"9 blocks of 10-29 are missing: 13, 14, 21, 22, 23 and 4 more"):
        run(given(holes))


def test_a_missing_block_at_either_end_is_missed() -> None:
    with pytest.raises(Retry, match="2 blocks of 10-29 are missing: 10, 29"):
        run(given(blocks(chain(11, 28), chain(30, 40))))


def test_nothing_is_published_of_a_range_that_is_not_whole() -> None:
    task = given(blocks(chain(11, 40)))
    with pytest.raises(Retry):
        run(task)

    assert task.store.published == []


@pytest.mark.parametrize("forked", [10, 16, 17, 29])
def test_a_block_of_another_fork_does_not_link(forked: int) -> None:
    torn = blocks(chain(0, forked - 1), [block(forked, fork="b")], chain(forked + 1, 40))

    with pytest.raises(Retry, match="does not follow the block before it"):
        run(given(torn, within=Range(9, 29)))


def test_a_block_that_is_there_twice_is_refused() -> None:
    with pytest.raises(Retry, match="Block 16 is there twice"):
        run(given(blocks(chain(), [block(16)])))


def test_logs_of_two_forks_in_one_block_are_refused() -> None:
    lower, upper = block(20), block(20, fork="b", transactions=4)
    torn = pa.concat_tables([logs(chain(0, 19)), logs([lower]), logs([upper]).slice(2), logs(chain(21, 40))])

    with pytest.raises(Retry, match="Block 20 has rows of two forks"):
        run(given(torn, unique=("block_number", "log_index")))


def test_a_log_that_is_there_twice_is_refused() -> None:
    twice = pa.concat_tables([logs(chain()), logs([block(16)]).slice(1)])

    with pytest.raises(Retry, match="two rows with block_number 16, log_index 1"):
        run(given(twice, unique=("block_number", "log_index")))


@pytest.mark.parametrize("gone", [0, 1])
def test_a_log_that_is_missing_in_its_block_is_missed(gone: int) -> None:
    whole = logs([block(16, transactions=3)])
    torn = pa.concat_tables([logs(chain(0, 15)), whole.take([n for n in range(3) if n != gone]), logs(chain(17, 40))])

    with pytest.raises(Retry, match="Block 16 has 2 rows, and its last log_index is 2: some are missing"):
        run(given(torn, unique=("block_number", "log_index")))


def test_rows_of_another_chain_end_the_task() -> None:
    with pytest.raises(InputError, match=r"rows of chain 1 in 10-29, and `chain_id` says 31337"):
        run(given(blocks(chain(), chain_id=1)))


def test_what_was_deleted_after_it_was_compacted_is_not_made_again() -> None:
    with pytest.raises(
        InputError,
        match=r"10-29 of hot_rows were compacted and then deleted.*A follower fetches it again when it finds a reorg there",
    ):
        run(given(blocks(chain(30, 40)), moved=(Range(10, 29),)))


def test_what_another_task_has_compacted_and_deleted_meanwhile_is_done() -> None:
    task = given(blocks(chain(30, 40)), moved=(Range(10, 29),), is_settled=True)
    ParquetCompact().run(task)

    assert task.store.published == []


def test_what_was_deleted_below_does_not_concern_it() -> None:
    assert run(given(blocks(chain(10, 40)), moved=(Range(0, 9),))).num_rows == 20


def test_a_range_that_does_not_hold_any_more_is_made_again_from_what_is_there() -> None:
    task = given(blocks(chain(0, 40)))
    task.arrived = [Arrived(0, Event(0, range=WITHIN), invalidation=Reason.REORG)]

    assert run(task).num_rows == 20


def test_the_same_range_told_of_twice_is_one_partition() -> None:
    task = given(blocks(chain()))
    task.arrived = [*task.arrived, *task.arrived]
    ParquetCompact().run(task)

    assert len(task.store.published) == 1


def test_events_without_a_range_are_refused() -> None:
    task = given(blocks(chain()))
    task.arrived = [Arrived(0, Event(0, cursor=12))]

    with pytest.raises(ConfigurationError, match="take the output of range_aggregator"):
        ParquetCompact().run(task)


def test_a_column_to_sort_by_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match="hot_rows has no column log_index; it has block_number"):
        run(given(blocks(chain()), sort_by=["block_number", "log_index"]))


def test_rows_without_a_hash_are_not_deleted_by_guess() -> None:
    plain = blocks(chain()).drop_columns(["block_hash", "parent_hash"])

    with pytest.raises(ConfigurationError, match=r"no column block_hash.*leave delete_after_commit out"):
        run(given(plain, delete_after_commit=True))
    assert run(given(plain)).num_rows == 20


def test_what_it_deletes_from_is_said_by_its_config_alone() -> None:
    kept, emptied = (
        ParquetCompactConfig(chain_id=1, hot_dataset="hot_rows", delete_after_commit=deletes) for deletes in (False, True)
    )

    assert (kept.takes_from, emptied.takes_from) == (None, "hot_rows")


def test_it_stops_in_the_middle_when_it_is_asked_to() -> None:
    task = given(blocks(chain()))
    task.cancel_after(0)

    with pytest.raises(Retry, match="asked to stop"):
        run(task)
    assert task.store.published == []


def test_the_declaration_names_what_runs_it() -> None:
    assert DECLARATION.implementation == "operators.parquet_compact.operator:ParquetCompact"
