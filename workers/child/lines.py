"""Lines of the attempt: what the operator logs, and what the libraries that it uses log."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime

from operators.sdk.task import Level, Log
from operators.sdk.wire import printable
from workers.child.wire import Wire

LONGEST_LINE = 16_384


class WireLog(Log):
    """Sent at once, so that the line before a crash is not lost. A worker that cannot keep up makes this wait."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def write(self, level: Level, text: str, values: Mapping[str, object]) -> None:
        line = " ".join((text, *(f"{name}={value!r}" for name, value in values.items())))
        self._wire.send({"log": level, "at": datetime.now(UTC).isoformat(), "text": printable(line)[:LONGEST_LINE]})


class Forward(logging.Handler):
    """`logging` of libraries, among the operator's own lines."""

    def __init__(self, log: WireLog) -> None:
        super().__init__(logging.INFO)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: Level = (
                "info" if record.levelno < logging.WARNING else "warning" if record.levelno < logging.ERROR else "error"
            )
            self._log.write(level, self.format(record), {})
        except Exception:  # noqa: BLE001  a line that cannot be made must not end the task
            self.handleError(record)


def capture_logging(log: WireLog) -> None:
    logging.basicConfig(handlers=[Forward(log)], level=logging.INFO, format="%(name)s: %(message)s", force=True)
