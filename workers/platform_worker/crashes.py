"""A thread that fails takes its process along: half a worker would hold messages and leases and do nothing with them."""

from __future__ import annotations

import os
import threading

import structlog

log = structlog.get_logger("trace.worker")

EXIT_CODE = 70  # EX_SOFTWARE


def end_with_any_thread() -> None:
    threading.excepthook = _end


def _end(failed: threading.ExceptHookArgs) -> None:
    error = failed.exc_value
    log.critical("thread_failed", thread=failed.thread and failed.thread.name, exc_info=error)
    # The children die with us; what they worked on comes back when its lease ends.
    os._exit(EXIT_CODE)
