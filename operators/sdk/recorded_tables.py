"""Rows of the testing kit: held to the columns that are declared as a real table holds them, and kept in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, cast

from operators.sdk.batching import LINES, Batches, Packed, table_of
from operators.sdk.declaration import Output
from operators.sdk.errors import ConfigurationError, InputError
from operators.sdk.rows.bringing import checked_parts
from operators.sdk.storing import Slot
from operators.sdk.tables import Replacement, Rows
from operators.sdk.task import Range
from operators.sdk.words import Storage

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

Row = dict[str, Any]
_OUTPUTS = 8


class RecordedBuffer(Batches):
    """Every output goes through a buffer here, whatever a DAG would say."""

    def __init__(self) -> None:
        self.batches: list[Packed] = []
        slots = {number: Slot("", "", f"output_{number}", Storage.POSTGRES, (), "buffered") for number in range(_OUTPUTS)}
        super().__init__(slots, self.batches.append)

    def read(self, output: int) -> list[Row]:
        """What was written so far, in order; also what waits for more is sent by this."""
        self.send()
        return [row for batch in self.batches if batch.output == output for row in _rows(batch)]


class RecordedTable:
    """A `Table`. `columns` and `unique` are the output's; without them any row is taken. `gone`: what was compacted and deleted."""

    def __init__(self, output: Output | None) -> None:
        self.rows: list[Row] = []
        self.gone: list[Range] = []
        self._output = output

    def upsert(self, rows: Rows | Iterator[Rows]) -> int:
        new = self._taken(rows)
        unique = self._output.unique if self._output else ()
        if not unique:
            raise ConfigurationError(
                "This table has no unique key to tell rows by: declare `unique` of the output, or use `replace`."
            )
        by_key = {tuple(row[name] for name in unique): row for row in (*self.rows, *new)}
        self.rows = list(by_key.values())
        return len(new)

    def newest(self, columns: Sequence[str], *, key: str, count: int) -> list[tuple[Any, ...]]:
        rows = sorted(self.rows, key=lambda row: row[key], reverse=True)
        return [tuple(row[name] for name in columns) for row in rows[:count]]

    def moved(self, within: Range) -> list[Range]:
        return [one for one in self.gone if one.start <= within.end and one.end >= within.start]

    def replace(self, scope: Range | int | str, rows: Rows | Iterator[Rows], *, key: str) -> int:
        new = self._taken(rows)
        for number, row in enumerate(new, start=1):
            if not _is_within(row[key], scope):
                raise InputError(f"Row {number}: `{key}` is {row[key]}, outside of what is replaced. Nothing was written.")
        self.rows = [row for row in self.rows if not _is_within(row[key], scope)] + new
        if isinstance(scope, Range):
            self.gone = [one for one in self.gone if one.start < scope.start or one.end > scope.end]
        return len(new)

    def _taken(self, rows: Rows | Iterator[Rows]) -> list[Row]:
        parts = list(rows) if isinstance(rows, Iterator) else [rows]
        if self._output and self._output.columns:
            for _ in checked_parts(iter(parts), self._output.columns):
                """Raised where a row does not fit."""
        return [row for part in parts for row in _mappings(part)]


class RecordedTables:
    """`changes`: what was replaced together, in order."""

    def __init__(self, outputs: Sequence[Output] = ()) -> None:
        self._outputs = outputs
        self._tables: dict[int, RecordedTable] = {}
        self.changes: list[Sequence[Replacement]] = []

    def replace(self, changes: Sequence[Replacement]) -> None:
        """All of them, or none: each is tried before the first counts."""
        before = {change.output: self.of(change.output).rows for change in changes}
        try:
            for change in changes:
                self.of(change.output).replace(change.scope, change.rows, key=change.key)
        except InputError:
            for output, rows in before.items():
                self.of(output).rows = rows
            raise
        self.changes.append(changes)

    def of(self, output: int) -> RecordedTable:
        declared = self._outputs[output] if output < len(self._outputs) else None
        return self._tables.setdefault(output, RecordedTable(declared))


def _is_within(value: Any, scope: Range | int | str) -> bool:
    return bool(scope.start <= value <= scope.end) if isinstance(scope, Range) else bool(value == scope)


def _mappings(rows: Rows) -> list[Row]:
    table = table_of(rows)
    if table is None:
        return [dict(row) for row in cast("Sequence[Row]", rows)]
    found: list[Row] = table.to_pylist()
    return found


def _rows(batch: Packed) -> list[Row]:
    if batch.content_type == LINES:
        return [json.loads(line) for line in batch.body.splitlines()]
    from pyarrow import ipc

    found: list[Row] = ipc.open_stream(batch.body).read_all().to_pylist()
    return found
