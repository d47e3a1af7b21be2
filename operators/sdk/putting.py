"""How an operator puts rows that are told by a key into an output that is a table, whoever writes it: itself or a sink."""

from __future__ import annotations

from operators.sdk.config import Config
from operators.sdk.errors import ConfigurationError
from operators.sdk.tables import Rows
from operators.sdk.task import Event, TaskContext
from operators.sdk.words import Keeping


def put_rows(task: TaskContext[Config], rows: Rows, *, event: Event) -> None:
    """Into the output of the event, by its unique key: twice is as once. A sink tells of its batches itself, so `event` is for the other way."""
    kept = task.keeping(event.output)
    if kept is Keeping.BUFFERED:
        task.buffer.write(event.output, rows)
        return
    if kept is not Keeping.DIRECT:
        raise ConfigurationError(f"Output {event.output} is written to a table; publish it with `storage: postgres`.")
    task.table(event.output).upsert(rows)
    task.emit(event)
