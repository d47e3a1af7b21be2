"""Logs, thousands at once, as rows of the events that they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from eth_hash.auto import keccak

from operators.log_decode.abi import Argument, EventFragment
from operators.log_decode.config import PLACE
from operators.log_decode.parts import Parts, arrow_type
from operators.log_decode.words import WORD, Kind, column, words_of
from operators.sdk.chain.decoding import Form

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow and numpy are imported where rows are there

TOPICS = ("topic0", "topic1", "topic2", "topic3")
READ = (*PLACE, *TOPICS, "data")


@dataclass
class Count:
    """`unknown`: logs of the contracts that are none of the events. `broken`: that say they are one, and do not decode as it.
    `first`: where the first of either was met, and what it is.
    """

    decoded: int = 0
    unknown: int = 0
    broken: int = 0
    first: str = ""

    def note(self, logs: pa.RecordBatch, what: str) -> None:
        if logs.num_rows and not self.first:
            number, index = logs.column("block_number")[0].as_py(), logs.column("log_index")[0].as_py()
            self.first = f"log {index:,} of block {number:,} {what}"


@dataclass
class Decoder:
    """Counts as it goes. `forms`: of each event, what its rows are for."""

    events: Sequence[EventFragment]
    contracts: Sequence[str]
    forms: Mapping[int, Form]
    count: Count = field(default_factory=Count)

    def __post_init__(self) -> None:
        self._each = {number: _OneEvent(self.events[number], form) for number, form in self.forms.items()}

    def empty(self, number: int) -> pa.Table:
        """The columns of an event, without rows. Their types are those of its arguments."""
        return self._each[number].schema.empty_table()

    def decode(self, logs: pa.RecordBatch) -> dict[int, pa.Table]:
        """By the place of the event in the ABI; those without a row are not there."""
        import numpy as np

        logs = self._of_contracts(logs)
        known, found = np.zeros(logs.num_rows, bool), {}
        for number, event in enumerate(self.events):
            mine = _is_event(event, logs)
            known |= mine
            # A DAG may take fewer outputs than there are events.
            if (one := self._each.get(number)) is not None and mine.any():
                rows = one.rows(_where(logs, mine), self.count)
                if rows.num_rows:
                    found[number] = rows
        self.count.unknown += int((~known).sum())
        self.count.note(_where(logs, ~known), "is none of the events of `abi`")
        return found

    def _of_contracts(self, logs: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow as pa
        import pyarrow.compute as pc

        if not self.contracts:
            return logs
        wanted = pa.array([bytes.fromhex(one[2:]) for one in self.contracts], pa.large_binary())
        return logs.filter(pc.is_in(logs.column("address").cast(pa.large_binary()), wanted))


class _OneEvent:
    def __init__(self, event: EventFragment, form: Form) -> None:
        self._event, self._form = event, form
        self._plain = [one for one in event.inputs if not one.indexed]
        self._kinds = [Kind.of(one.type) for one in self._plain]
        self._parts = Parts(self._plain, form) if None in self._kinds else None

    @property
    def schema(self) -> pa.Schema:
        import pyarrow as pa

        arguments = [
            (name, arrow_type(one, self._form)) for name, one in zip(self._event.columns, self._event.inputs, strict=True)
        ]
        return pa.schema([*_place_types().items(), *arguments])

    def rows(self, logs: pa.RecordBatch, count: Count) -> pa.Table:
        import pyarrow as pa
        import pyarrow.compute as pc

        # Those that are too short have no words to cut.
        is_long = pc.greater_equal(pc.binary_length(logs.column("data")), self._least_bytes).to_numpy(zero_copy_only=False)
        whole = _where(logs, is_long)
        holds, arrays = self._arguments(whole)
        place = [whole.column(name).cast(kind) for name, kind in _place_types().items()]
        table = pa.Table.from_arrays([*place, *arrays], schema=self.schema)
        broken = (logs.num_rows - whole.num_rows) + int((~holds).sum())
        if broken:
            count.broken += broken
            told = f"does not decode as {self._event.signature}"
            count.note(_where(logs, ~is_long), told)
            count.note(_where(whole, ~holds), told)
            table = table.filter(pa.array(holds))
        count.decoded += table.num_rows
        return table

    @property
    def _least_bytes(self) -> int:
        return 0 if self._parts else WORD * len(self._plain)

    def _arguments(self, logs: pa.RecordBatch) -> tuple[np.ndarray[Any, Any], list[pa.Array]]:
        """In the order of the ABI."""
        import numpy as np

        holds = np.ones(logs.num_rows, bool)
        topics, plain = iter(TOPICS[1:]), iter(self._of_data(logs))
        arrays = []
        for argument in self._event.inputs:
            good, values = _of_topic(argument, logs.column(next(topics)), self._form) if argument.indexed else next(plain)
            holds &= good
            arrays.append(values)
        return holds, arrays

    def _of_data(self, logs: pa.RecordBatch) -> list[tuple[np.ndarray[Any, Any], pa.Array]]:
        import numpy as np

        data = logs.column("data")
        if self._parts:
            good, arrays = self._parts.columns(data)
            return [(np.array(good, bool), one) for one in arrays]
        return [column(kind, words_of(data, place), self._form) for place, kind in enumerate(self._kinds) if kind]


def _of_topic(argument: Argument, topics: pa.Array, form: Form) -> tuple[np.ndarray[Any, Any], pa.Array]:
    """Of what has a length or parts a topic holds the hash alone."""
    return column(Kind.of(argument.type) or Kind("bytes", WORD), words_of(topics), form)


def _is_event(event: EventFragment, logs: pa.RecordBatch) -> np.ndarray[Any, Any]:
    """By its own topic, and by how many there are: two standards share a signature and differ in what is indexed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    own = pc.equal(logs.column("topic0").cast(pa.large_binary()), pa.scalar(keccak(event.signature.encode()), pa.large_binary()))
    found = pc.fill_null(own, fill_value=False).to_numpy(zero_copy_only=False)
    for place, name in enumerate(TOPICS):
        found = found & (logs.column(name).is_valid().to_numpy(zero_copy_only=False) == (place < event.topics))
    return found  # type: ignore[no-any-return]  # pyarrow has no types


def _where(logs: pa.RecordBatch, mask: np.ndarray[Any, Any]) -> pa.RecordBatch:
    import pyarrow as pa

    return logs if mask.all() else logs.filter(pa.array(mask))


def _place_types() -> dict[str, Any]:
    import pyarrow as pa

    return {
        "chain_id": pa.uint64(), "block_number": pa.uint32(), "block_hash": pa.binary(WORD), "transaction_index": pa.uint32(),
        "transaction_hash": pa.binary(WORD), "log_index": pa.uint32(), "address": pa.binary(20),
    }  # fmt: skip
