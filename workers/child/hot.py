"""The tables that a real task reads: opened when they are first asked, of one moment, closed with the task."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.task import Range
from workers.child.frames import Message
from workers.child.wire import Wire, granted

if TYPE_CHECKING:
    import pyarrow as pa

    from workers.tables.reading import Snapshots, TableReader

# ruff: noqa: PLC0415  psycopg is imported where a table is read: most children never need it


class HotTables:
    """Of one task."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._open: dict[str, OpenHot] = {}
        self._snapshots: Snapshots | None = None

    def of(self, dataset: str) -> OpenHot:
        if dataset not in self._open:
            self._open[dataset] = self._opened(dataset)
        return self._open[dataset]

    @property
    def read(self) -> list[dict[str, Any]]:
        """What goes with the completion, as the contract has it."""
        return [told for one in self._open.values() if (told := one.told())]

    def close(self) -> None:
        if self._snapshots:
            self._snapshots.close()

    def _opened(self, dataset: str) -> OpenHot:
        answer = granted(self._wire.ask({"hot": f'"dataset":{json.dumps(dataset)}'}), f"The table of {dataset} cannot be opened")
        from workers.tables.reading import Snapshots

        self._snapshots = self._snapshots or Snapshots()
        return opened_hot(dataset, answer["opened"], self._snapshots)


def opened_hot(dataset: str, told: Message, snapshots: Snapshots) -> OpenHot:
    from apps.platform.tables import OrgNames
    from workers.tables.reading import TableReader
    from workers.tables.target import TargetColumn

    columns = [TargetColumn(one["name"], one["type"], one["nullable"]) for one in told["columns"]]
    reader = TableReader(snapshots, told["dsn"], OrgNames(UUID(told["org_id"])), UUID(told["dataset_id"]), columns)
    return OpenHot(dataset, told["unique"], told["pin"], reader, is_settled=told["is_settled"])


class OpenHot:
    """A `Hot`."""

    def __init__(self, name: str, unique: Sequence[str], pin: str | None, reader: TableReader, *, is_settled: bool) -> None:
        self.name, self.unique, self.is_settled = name, unique, is_settled
        self._pin, self._reader = pin, reader

    @property
    def schema(self) -> pa.Schema:
        return self._reader.schema

    def rows(
        self, within: Range, *, key: str = "block_number", columns: Sequence[str] | None = None, order_by: Sequence[str] = ()
    ) -> Iterator[pa.RecordBatch]:
        wanted = list(self._reader.columns if columns is None else columns)
        self._require([key, *wanted, *order_by])
        with self._answering():
            yield from self._reader.rows((within.start, within.end), key=key, columns=wanted, order_by=order_by)

    def count(self, within: Range, *, key: str = "block_number") -> int:
        self._require([key])
        with self._answering():
            return self._reader.count((within.start, within.end), key=key)

    def bounds(self, key: str = "block_number") -> Range | None:
        self._require([key])
        with self._answering():
            found = self._reader.bounds(key)
        return Range(*found) if found else None

    def moved(self, within: Range) -> Sequence[Range]:
        with self._answering():
            return [Range(*one) for one in self._reader.moved((within.start, within.end))]

    def told(self) -> dict[str, Any]:
        if self._pin is None:
            return {}
        return {"pin": self._pin, "rows": self._reader.read_rows, "size_bytes": self._reader.read_bytes}

    def _require(self, names: Sequence[str]) -> None:
        known = self._reader.columns
        if absent := [name for name in dict.fromkeys(names) if name not in known]:
            raise ConfigurationError(f"{self.name} has no column {', '.join(absent)}; it has {', '.join(known)}.")

    @contextmanager
    def _answering(self) -> Iterator[None]:
        from apps.platform.errors import Transient

        try:
            yield
        except Transient as away:
            raise Retry(f"{self.name} cannot be read: {away}") from away
