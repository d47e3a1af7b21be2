"""Messages of one buffered dataset: each names a batch, which is claimed, read, written and told of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from uuid import UUID

import structlog

from apps.platform import metrics
from apps.platform.contracts.buffers import BatchClaimed, BatchEnding, BatchNotClaimed
from apps.platform.errors import Permanent, Transient
from apps.platform.json import Json
from apps.platform.ports.queue import Message
from operators.sdk.rows.faults import Refused, refused
from workers.platform_worker.receiver import Done
from workers.sink.plane import SinkPlane
from workers.sink.reading import read
from workers.sink.writing import Writer
from workers.tables.answers import BadValue, Drifted

log = structlog.get_logger("trace.sink")

MOST_BYTES = 16 * 1024 * 1024


class BatchHandler:
    def __init__(self, plane: SinkPlane, writer: Writer) -> None:
        self._plane, self._writer = plane, writer

    def room(self, *, wait_seconds: float) -> int:
        """One: a batch is as large as a batch may be, and what waits in the queue another sink can have."""
        return 1

    def answers(self) -> bool:
        """Before a message is received: what is away would use up its deliveries."""
        try:
            self._writer.check()
        except Transient as error:
            log.warning("data_unreachable", error=str(error))
            return False
        return self._plane.answers()

    def handle(self, messages: Sequence[Message]) -> Done:
        for at, message in enumerate(messages):
            if not self._try(message):
                return Done(messages[:at], messages[at:])
        return Done(messages, [])

    def _try(self, message: Message) -> bool:
        """False: it comes again."""
        outcome = "done"
        try:
            claimed = self._plane.claim_batch(_batch_id(message.payload))
            if isinstance(claimed, BatchNotClaimed):
                outcome = claimed.reason.value.lower()
            else:
                self._do(claimed)
        except Transient as error:
            log.warning("batch_later", error=str(error))
            outcome = "later"
        except (ValueError, Permanent) as error:
            log.warning("batch_dropped", error=str(error))
            outcome = "dropped"
        metrics.WORKER_MESSAGES.labels("buffers", outcome).inc()
        return outcome != "later"

    def _do(self, claimed: BatchClaimed) -> None:
        started = time.monotonic()
        try:
            rows = self._written(claimed)
        except Refused as refused:
            self._plane.end_batch(claimed.batch_id, BatchEnding.REJECTED, faults=refused.faults, count=refused.count)
            log.info("batch_rejected", batch_id=str(claimed.batch_id), faults=refused.count)
        except Drifted as drifted:
            self._plane.end_batch(claimed.batch_id, BatchEnding.DRIFTED, error=f"It was altered by hand: {drifted}.")
            log.warning("table_drifted", dataset_id=str(claimed.dataset_id), error=str(drifted))
        except Transient as error:
            self._plane.end_batch(claimed.batch_id, BatchEnding.FAILED, error=str(error))
            raise
        else:
            self._plane.end_batch(claimed.batch_id, BatchEnding.WRITTEN, rows=rows)
            log.info("batch_written", batch_id=str(claimed.batch_id), rows=rows, seconds=round(time.monotonic() - started, 3))

    def _written(self, claimed: BatchClaimed) -> int:
        body = self._plane.fetch(claimed.url, most_bytes=MOST_BYTES)
        try:
            return self._from(claimed, body)
        except (Refused, Drifted, Transient):
            raise
        except Exception as error:
            # One batch that nobody thought of would end the process, and with it the sinks of every other org.
            log.exception("batch_unreadable", batch_id=str(claimed.batch_id))
            raise refused(f"cannot be read: {str(error) or type(error).__name__}") from error

    def _from(self, claimed: BatchClaimed, body: bytes) -> int:
        try:
            return self._writer.write(claimed, read(claimed, body))
        except BadValue:
            pass
        # Looked at value by value, it says what is wrong.
        rows = read(claimed, body, is_doubted=True)
        try:
            return self._writer.write(claimed, rows)
        except BadValue as error:
            raise refused(error.reason, row=error.row, column=error.column) from error


def _batch_id(payload: Json) -> UUID:
    if not isinstance(payload, dict) or not isinstance(value := payload.get("batch_id"), str):
        raise ValueError("the message is {'batch_id': text}")  # noqa: TRY004  the value is wrong, whatever its type
    return UUID(value)
