"""Blocks, transactions, logs and traces by calls of our own: what is answered is held against its block before it becomes rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operators.cryo_ingest.config import CryoIngestConfig
from operators.cryo_ingest.extras import with_extras
from operators.sdk.chain.answered_logs import logs_of
from operators.sdk.chain.answered_traces import check_traces, traces_table
from operators.sdk.chain.asking import Asking, Question
from operators.sdk.chain.checking import check_block
from operators.sdk.chain.decoding import BlockData, Form, Json, blocks_table, transactions_table
from operators.sdk.chain.headers import AT_ONCE, RECEIPTS_AT_ONCE, Link, header_calls, linked, pieces, receipt_calls
from operators.sdk.chain.quick_logs import quick_logs
from operators.sdk.rpc import Call
from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

# As receipts, traces are large and slow.
TRACES_AT_ONCE = 20


@dataclass(frozen=True)
class Piece:
    """Rows, and the blocks that they are of: those of the next piece follow them."""

    blocks: Sequence[Json]
    table: pa.Table


Take = Callable[[Range, Sequence[Any]], Piece]


class OwnEngine:
    """An `Engine`."""

    def __init__(self, asking: Asking, config: CryoIngestConfig) -> None:
        self._asking, self._config = asking, config
        self._link = Link()

    def prepare(self, within: Range) -> None:
        """Each file is asked for when its turn comes."""

    def close(self) -> None:
        """Nothing is kept."""

    def read(self, chunk: Range) -> Iterator[pa.Table]:
        size, *_ = _KINDS[self._config.cryo_dataset_name]
        questions = (self._question(one) for one in pieces(chunk, size))
        for piece in self._asking.all(questions, lambda piece: self._link.accept(piece.blocks)):
            yield piece.table

    def _question(self, of: Range) -> Question[Piece]:
        _, calls, take = _KINDS[self._config.cryo_dataset_name]
        return Question(of, calls(self._config, of), lambda answers: take(self._config, of, answers), self._question, _joined)


def _joined(low: Piece, high: Piece) -> Piece:
    import pyarrow as pa

    link = Link()
    link.accept(low.blocks)
    link.accept(high.blocks)
    return Piece([*low.blocks, *high.blocks], pa.concat_tables([low.table, high.table]))


def _blocks(config: CryoIngestConfig, of: Range, answers: Sequence[Any]) -> Piece:
    found = linked(of, answers)
    table = blocks_table([BlockData(one) for one in found], config.chain_id, Form.FILE)
    return Piece(found, with_extras(table, config, found))


def _transactions(config: CryoIngestConfig, of: Range, answers: Sequence[Any]) -> Piece:
    half = len(answers) // 2
    found = linked(of, answers[:half])
    # Null for a block that has transactions: asked of a node that has not indexed it yet, or has pruned it.
    data = [BlockData(block, receipts or ()) for block, receipts in zip(found, answers[half:], strict=True)]
    for number, one in enumerate(data, of.start):
        check_block(one, number=number)
    table = with_extras(transactions_table(data, config.chain_id, Form.FILE), config, found)
    return Piece(found, _chosen(table, "from_address", "to_address", config))


def _log_calls(config: CryoIngestConfig, of: Range) -> list[Call]:
    wanted: dict[str, Any] = {"fromBlock": hex(of.start), "toBlock": hex(of.end)}
    if config.subjects.addresses:
        wanted["address"] = list(config.subjects.addresses)
    if config.subjects.topic0:
        wanted["topics"] = [list(config.subjects.topic0)]
    return [Call("eth_getLogs", [wanted]), *header_calls(of)]


def _logs(config: CryoIngestConfig, of: Range, answers: Sequence[Any]) -> Piece:
    found = linked(of, answers[1:])
    is_all = not (config.subjects.addresses or config.subjects.topic0)
    return Piece(found, quick_logs(logs_of(answers[0], found, is_all=is_all), config.chain_id))


def _trace_calls(_: CryoIngestConfig, of: Range) -> list[Call]:
    return [*header_calls(of), *(Call("trace_block", [hex(number)]) for number in range(of.start, of.end + 1))]


def _traces(config: CryoIngestConfig, of: Range, answers: Sequence[Any]) -> Piece:
    half = len(answers) // 2
    found = linked(of, answers[:half])
    for block, traces in zip(found, answers[half:], strict=True):
        check_traces(block, traces)
    table = traces_table((one for traces in answers[half:] for one in traces), config.chain_id)
    return Piece(found, _chosen(table, "action_from", "action_to", config))


def _chosen(table: pa.Table, sender: str, receiver: str, config: CryoIngestConfig) -> pa.Table:
    for name, wanted in ((sender, config.subjects.from_addresses), (receiver, config.subjects.to_addresses)):
        if wanted:
            table = table.filter(_is_one_of(table[name], wanted))
    return table


def _is_one_of(column: pa.ChunkedArray, addresses: Sequence[str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.is_in(column, value_set=pa.array([bytes.fromhex(one[2:]) for one in addresses], column.type))


# By dataset: blocks of one batch, what is asked of them, and what becomes of the answers.
_KINDS: dict[
    str, tuple[int, Callable[[CryoIngestConfig, Range], list[Call]], Callable[[CryoIngestConfig, Range, Sequence[Any]], Piece]]
] = {
    "blocks": (AT_ONCE, lambda _, of: header_calls(of), _blocks),
    "transactions": (RECEIPTS_AT_ONCE, lambda _, of: receipt_calls(of), _transactions),
    "logs": (AT_ONCE, _log_calls, _logs),
    "traces": (TRACES_AT_ONCE, _trace_calls, _traces),
}
OWN = frozenset(_KINDS)
