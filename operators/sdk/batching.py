"""The one `Buffer` there is: rows are gathered and packed; a real task and the testing kit differ in where a batch goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Any
from uuid import UUID

from operators.sdk.errors import ConfigurationError, InputError
from operators.sdk.storing import Slot, slot_of
from operators.sdk.tables import Rows
from operators.sdk.words import Keeping

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

# The contract's limit of a batch, and at how many unpacked bytes one is made.
MOST_BYTES, BATCH_BYTES = 16 * 1024 * 1024, 15 * 1024 * 1024
# Rows times columns: values that are missing take no bytes, and memory of the sink.
_MOST_VALUES = 8_000_000
LINES, ARROW = "application/x-ndjson", "application/vnd.apache.arrow.stream"
_Line = Mapping[str, Any]


@dataclass(frozen=True)
class Packed:
    """`scope` names its rows: handed over again by another attempt, in the same place, they are not taken twice."""

    output: int
    name: str
    scope: str
    content_type: str
    body: bytes


@dataclass
class _Waiting:
    """Of one output. `count` is of the batches that were made of it."""

    tables: list[pa.Table] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    count: int = 0


@dataclass
class Batches:
    """A `Buffer`."""

    slots: Mapping[int, Slot]
    hand_over: Callable[[Packed], None]
    _waiting: dict[int, _Waiting] = field(default_factory=dict)

    def write(self, output: int, rows: Rows) -> None:
        if slot_of(self.slots, output).keeping is not Keeping.BUFFERED:
            raise ConfigurationError(
                f"Output {output} goes through no buffer; publish it with `write_mode: buffered` and a schema."
            )
        waiting = self._waiting.setdefault(output, _Waiting())
        table = table_of(rows)
        if table is None:
            self._add_lines(output, waiting, rows)
        else:
            self._add_table(output, waiting, table)

    def send(self) -> None:
        """All that waits."""
        for output, waiting in self._waiting.items():
            self._send(output, waiting)

    def _add_table(self, output: int, waiting: _Waiting, table: pa.Table) -> None:
        table = _written_out(table)
        if waiting.lines or (waiting.tables and waiting.tables[0].schema != table.schema):
            self._send(output, waiting)
        for part in _parts(table):
            if waiting.size + part.nbytes > BATCH_BYTES:
                self._send(output, waiting)
            waiting.tables.append(part)
            waiting.size += part.nbytes

    def _add_lines(self, output: int, waiting: _Waiting, rows: Any) -> None:
        if waiting.tables:
            self._send(output, waiting)
        for number, row in enumerate(rows, start=1):
            line = _line(row, number)
            if waiting.size + len(line) > BATCH_BYTES:
                self._send(output, waiting)
            waiting.lines.append(line)
            waiting.size += len(line)

    def _send(self, output: int, waiting: _Waiting) -> None:
        for content_type, body in _bodies(waiting):
            if len(body) > MOST_BYTES:
                raise InputError(f"A row of output {output} has more than the {MOST_BYTES:,} bytes of a batch; make it smaller.")
            waiting.count += 1
            name = f"output-{output}-batch-{waiting.count:06}.{'jsonl' if content_type == LINES else 'arrow'}"
            self.hand_over(Packed(output, name, f"{waiting.count}-{sha256(body).hexdigest()}", content_type, body))
        waiting.tables, waiting.lines, waiting.size = [], [], 0


def table_of(rows: Any) -> pa.Table | None:
    """None for mappings. Raises InputError for what is neither."""
    if isinstance(rows, Sequence) and not isinstance(rows, (str, bytes)):
        return None
    import pyarrow as pa

    if isinstance(rows, pa.RecordBatch):
        return pa.Table.from_batches([rows])
    if not isinstance(rows, pa.Table):
        raise InputError(f"Rows are a Table or RecordBatch of pyarrow, or a list of mappings; this is a {type(rows).__name__}.")
    return rows


def _written_out(table: pa.Table) -> pa.Table:
    """Without indexes into other values, which no sink takes."""
    import pyarrow as pa

    fields = [field.with_type(field.type.value_type) if pa.types.is_dictionary(field.type) else field for field in table.schema]
    return table.cast(pa.schema(fields))


def _parts(table: pa.Table) -> Iterator[pa.Table]:
    """None of them too large, unless one row is."""
    is_large = table.nbytes > BATCH_BYTES or table.num_rows * table.num_columns > _MOST_VALUES
    if not is_large or table.num_rows <= 1:
        if table.num_rows:
            yield table
        return
    half = table.num_rows // 2
    yield from _parts(table.slice(0, half))
    yield from _parts(table.slice(half))


def _bodies(waiting: _Waiting) -> Iterator[tuple[str, bytes]]:
    if waiting.lines:
        yield LINES, b"".join(waiting.lines)
    if waiting.tables:
        yield ARROW, _stream(waiting.tables)


def _stream(tables: Sequence[pa.Table]) -> bytes:
    import pyarrow as pa
    from pyarrow import ipc

    body = BytesIO()
    with ipc.new_stream(body, tables[0].schema) as written:
        # As one: what Arrow says of each would add up where they are many and small.
        written.write_table(pa.concat_tables(tables).combine_chunks())
    return body.getvalue()


def _line(row: _Line, number: int) -> bytes:
    try:
        return json.dumps(row, default=_in_text, allow_nan=False, separators=(",", ":")).encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as error:
        raise InputError(f"Row {number} cannot be written as JSON: {error}.") from error


def _in_text(value: object) -> str:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (Decimal, UUID)):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    raise TypeError(f"{type(value).__name__} is no value of a row")
