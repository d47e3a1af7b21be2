"""The tables that a real task writes itself: each call a transaction, in which the task's attempt is checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from operators.sdk.errors import ConfigurationError, InputError, Retry
from operators.sdk.rows.bringing import checked_parts
from operators.sdk.storing import Slot, slot_of
from operators.sdk.tables import Replacement, Rows
from operators.sdk.task import Range
from operators.sdk.words import Keeping
from workers.child.frames import Message
from workers.child.wire import Wire, granted

if TYPE_CHECKING:
    from workers.tables.direct import DirectWriter
    from workers.tables.target import Target
    from workers.tables.together import Change

# ruff: noqa: PLC0415  psycopg is imported where a table is written: most children never need it


class Tables:
    """Of one task. Opened when they are first written, closed with it."""

    def __init__(self, wire: Wire, order: Message, slots: Mapping[int, Slot]) -> None:
        self._wire, self._slots = wire, slots
        self._task_id, self._attempt = UUID(order["task_id"]), int(order["attempt"])
        self._open: dict[int, DirectTable] = {}
        self._closing = ExitStack()

    def of(self, output: int) -> DirectTable:
        if slot_of(self._slots, output).keeping is not Keeping.DIRECT:
            raise ConfigurationError(
                f"Output {output} is no table that a task writes itself; publish it with `write_mode: direct`."
            )
        if output not in self._open:
            self._open[output] = self._opened(output)
        return self._open[output]

    def replace(self, changes: Sequence[Replacement]) -> None:
        from workers.tables.together import write_together

        with telling():
            write_together([self.of(change.output).change(change) for change in changes])

    def close(self) -> None:
        self._closing.close()

    def _opened(self, output: int) -> DirectTable:
        answer = granted(self._wire.ask({"table": f'"output":{output}'}), f"The table of output {output} cannot be opened")
        from workers.tables.direct import DirectWriter

        told = answer["table"]
        writer = DirectWriter(told["dsn"], target_of(told, self._task_id), self._attempt)
        self._closing.callback(writer.close)
        return DirectTable(writer)


class DirectTable:
    """A `Table`."""

    def __init__(self, writer: DirectWriter) -> None:
        self._writer = writer

    def upsert(self, rows: Rows | Iterator[Rows]) -> int:
        if not self._writer.target.unique:
            raise ConfigurationError(
                "This table has no unique key to tell rows by: declare `unique_key` in the job, or use `replace`."
            )
        return self._written(rows, self._writer.upsert)

    def replace(self, scope: Range | int | str, rows: Rows | Iterator[Rows], *, key: str) -> int:
        if key not in {column.name for column in self._writer.target.columns}:
            raise ConfigurationError(f"The table has no column {key} to tell by what is replaced.")
        low, high = (scope.start, scope.end) if isinstance(scope, Range) else (scope, scope)
        return self._written(rows, lambda parts: self._writer.replace(parts, key=key, low=low, high=high))

    def moved(self, within: Range) -> list[Range]:
        with telling():
            return [Range(*one) for one in self._writer.moved(within.start, within.end)]

    def newest(self, columns: Sequence[str], *, key: str, count: int) -> list[tuple[Any, ...]]:
        with telling():
            return self._writer.newest(columns, key=key, count=count)

    def change(self, wanted: Replacement) -> Change:
        """As one of several. Raises InputError."""
        from workers.tables.together import Change

        rows = list(checked_parts(wanted.rows, self._writer.target.columns))
        return Change(self._writer, rows, wanted.key, wanted.scope.start, wanted.scope.end)

    def _written(self, rows: Rows | Iterator[Rows], write: Any) -> int:
        with telling():
            written: int = write(checked_parts(rows, self._writer.target.columns))
        return written


@contextmanager
def telling() -> Iterator[None]:
    """What went wrong with rows, in the words of an operator. Raises InputError, ConfigurationError, Retry."""
    from apps.platform.errors import Transient
    from workers.tables.answers import BadValue, Drifted
    from workers.tables.direct import Overtaken

    try:
        yield
    except BadValue as bad:
        where = " ".join(filter(None, (f"Row {bad.row}" if bad.row else "A row", f"`{bad.column}`" if bad.column else "")))
        raise InputError(f"{where}: {bad.reason}. Nothing was written.") from bad
    except Drifted as drifted:
        raise ConfigurationError(
            f"The table was altered by hand: {drifted}. Undo that, and look again from the dataset's page. Nothing was written."
        ) from drifted
    except Overtaken as overtaken:
        raise Retry("Another attempt of this task writes the table by now; nothing of this one was written.") from overtaken
    except Transient as away:
        raise Retry(f"Nothing was written: {away}") from away


def target_of(told: Message, task_id: UUID) -> Target:
    from workers.tables.target import Target, TargetColumn

    columns = [TargetColumn(one["name"], one["type"], one["nullable"]) for one in told["columns"]]
    return Target(
        UUID(told["org_id"]), UUID(told["dataset_id"]), columns, told["unique"], told["replaces"], task_id, UUID(told["job_id"])
    )
