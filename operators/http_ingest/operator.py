from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from typing import TYPE_CHECKING

from operators.http_ingest.asking import asked
from operators.http_ingest.config import HttpIngestConfig
from operators.http_ingest.records import BadRecord, Record, records
from operators.http_ingest.values import Rows
from operators.sdk.chain.decoding import Form
from operators.sdk.errors import ConfigurationError, InputError, Retry
from operators.sdk.feeds import FeedAnswer
from operators.sdk.task import Event, Fired, TaskContext
from operators.sdk.words import Keeping

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 50_000
Task = TaskContext[HttpIngestConfig]


class HttpIngest:
    def run(self, task: Task) -> None:
        if task.fired is None:
            raise ConfigurationError("No tick started this task; give the job a source of kind cron.")
        kept, answer = task.keeping(0), asked(task)
        if kept is Keeping.NOTHING:
            raise ConfigurationError("Output 0 is not published; publish it, with `storage: s3` or `postgres`.")
        tables = _tables(task, answer, Form.FILE if kept is Keeping.PARTITIONS else Form.TABLE)
        if kept is Keeping.PARTITIONS:
            with task.store.partition(0, partition_key=tick_key(task.fired)) as partition:
                for table in tables:
                    partition.write(table)
        elif kept is Keeping.BUFFERED:
            for table in tables:
                task.buffer.write(0, table)
        else:
            task.table(0).upsert(tables)
            task.emit(Event(0, cursor=int(task.fired.at.timestamp())))
        task.metric("bytes", len(answer.body))


def tick_key(fired: Fired) -> str:
    """Of its partition: the instant of the tick, which is the same for every attempt."""
    return fired.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _tables(task: Task, answer: FeedAnswer, form: Form) -> Iterator[pa.Table]:
    config, bad = task.config, _Bad(task)
    rows, count = Rows(config.columns, form, is_text=config.format == "csv"), 0
    found = iter(()) if answer.status == 204 else records(answer.body, config, content_type=answer.content_type)
    for number, record in enumerate(found, start=1):
        if task.cancelled:
            raise Retry("It was asked to stop in the middle of the feed.")
        count += _added(rows, record, number, bad)
        if len(rows) >= ROWS_AT_ONCE:
            yield rows.take()
            task.progress(count, None, f"{count:,} records")
    # Also of a feed without records: its partition has columns.
    yield rows.take()
    bad.tell()
    task.metric("records", count)


def _added(rows: Rows, record: Record | BadRecord, number: int, bad: _Bad) -> int:
    try:
        if isinstance(record, BadRecord):
            raise record
        rows.add(record)
    except BadRecord as error:
        bad.add(number, error)
        return 0
    return 1


class _Bad:
    """Fails at the first, or counts them, as the config says."""

    def __init__(self, task: Task) -> None:
        self._task, self._count, self._first = task, 0, ""

    def add(self, number: int, error: BadRecord) -> None:
        told = f"Record {number:,}: {error}."
        if self._task.config.on_bad_record == "fail":
            raise InputError(
                f"{told} Correct the column, declare it nullable, or count and skip such records with `on_bad_record: skip`."
            ) from error
        self._count += 1
        self._first = self._first or told

    def tell(self) -> None:
        self._task.metric("records_skipped", self._count)
        if self._count:
            self._task.log.warning("records were skipped", count=self._count, first=self._first)
