"""Checks that may hang, run side by side with a common limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass

from apps.platform.telemetry import redactor

Check = Callable[[], object]


@dataclass(frozen=True)
class Outcome:
    """What a check gave and how long it took, or why it gave nothing."""

    milliseconds: float
    value: object = None
    error: str = ""


class BoundedChecks:
    """Never more than one thread per check: one that hangs is waited for again by the next caller, not started again."""

    def __init__(self, *, limit_seconds: float) -> None:
        self._limit_seconds = limit_seconds
        self._lock = threading.Lock()
        self._running: dict[str, Future[Outcome]] = {}

    def run(self, checks: Mapping[str, Check]) -> dict[str, Outcome]:
        futures = {name: self._start(name, check) for name, check in checks.items()}
        wait(futures.values(), timeout=self._limit_seconds)
        return {name: self._result(future) for name, future in futures.items()}

    def _start(self, name: str, check: Check) -> Future[Outcome]:
        with self._lock:
            running = self._running.get(name)
            if running and not running.done():
                return running
            future = self._running[name] = Future()
        # A daemon: a server that never answers must not hold up the end of this process.
        threading.Thread(target=_perform, args=(check, future), name=f"health {name}", daemon=True).start()
        return future

    def _result(self, future: Future[Outcome]) -> Outcome:
        if future.done():
            return future.result()
        return Outcome(self._limit_seconds * 1000, error=f"No answer within {self._limit_seconds:g} s.")


def _perform(check: Check, future: Future[Outcome]) -> None:
    """Whatever a check raises is the finding, not a fault of the page."""
    started = time.perf_counter()
    try:
        value, error = check(), ""
    except Exception as raised:  # noqa: BLE001  the finding
        value, error = None, _first_line(raised)
    future.set_result(Outcome((time.perf_counter() - started) * 1000, value, error))


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return redactor.text(lines[0])[:300]
