from __future__ import annotations

from collections.abc import Iterator

from operators.log_decode.config import LogDecodeConfig
from operators.log_decode.decoder import READ, Count, Decoder
from operators.log_decode.reading import Piece, pieces
from operators.log_decode.writing import Outputs
from operators.sdk.errors import InputError, Retry
from operators.sdk.task import Event, TaskContext
from operators.sdk.words import Reason

Task = TaskContext[LogDecodeConfig]


class LogDecode:
    def run(self, task: Task) -> None:
        outputs = Outputs(task)
        decoder = Decoder(task.config.abi, task.config.contracts, outputs.forms)
        for piece in pieces(task):
            with outputs.of(piece.scope) as writer:
                for logs in piece.batches(READ):
                    if task.cancelled:
                        raise Retry("It was asked to stop in the middle of a range.")
                    for number, rows in decoder.decode(logs).items():
                        writer.write(number, rows)
                    _judge(task, decoder.count)
                writer.fill(decoder.empty)
            for event in _told(task, piece, outputs):
                task.emit(event)
            _remember(task, piece)
        _tell(task, decoder.count)


def _judge(task: Task, count: Count) -> None:
    if task.config.on_unknown == "fail" and (count.unknown or count.broken):
        raise InputError(
            f"The {count.first}. Add its event to `abi`, correct `contracts`, or count and skip such logs with `on_unknown: skip`. "
            "Nothing of this range was written."
        )


def _told(task: Task, piece: Piece, outputs: Outputs) -> Iterator[Event]:
    """Partitions are told of by the platform, and batches by their sink."""
    for number in outputs.tables:
        if piece.invalidation is None:
            yield Event(number, cursor=piece.cursor) if piece.cursor is not None else Event(number, range=piece.range)
        elif piece.range is not None:
            # A person's reason is not a task's to give.
            reason = Reason.CORRECTION if piece.invalidation is Reason.MANUAL else piece.invalidation
            task.invalidate(number, piece.range, reason)


def _remember(task: Task, piece: Piece) -> None:
    if piece.cursor is not None:
        before = task.state.get()
        task.state.set(str(max(piece.cursor, int(before) if before else piece.cursor)))


def _tell(task: Task, count: Count) -> None:
    task.metric("logs_decoded", count.decoded)
    task.metric("logs_unknown", count.unknown)
    task.metric("logs_broken", count.broken)
    # Among the logs of all contracts most are of other events.
    if count.broken or (count.unknown and task.config.contracts):
        task.log.warning("logs were skipped", unknown=count.unknown, broken=count.broken, first=count.first)
