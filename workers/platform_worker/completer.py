"""Tells the platform how attempts ended. While one call is under way the next batch gathers; nothing waits for a timer."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from apps.platform import metrics
from apps.platform.contracts import MOST_BATCH, STATE_MOVED, Ending, ItemResult
from apps.platform.errors import Permanent, ServiceError, Transient
from apps.platform.ports.queue import Message, Queue
from workers.platform_worker import deaths
from workers.platform_worker.attempt import Attempt
from workers.platform_worker.internal_plane import Broke, InternalPlane

log = structlog.get_logger("trace.worker")

MOST_BYTES = 3 * 1024 * 1024
# It breaks the contract; nothing was decided.
_NOT_READ = frozenset({400, 413})
# It says of its outputs what is not so, and another attempt would say the same.
_FALSE = 422
# Of a batch that broke the plane, sent one by one. More than that failing: it is the plane, and the rest waits for it.
MOST_SUSPECTS = 2
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 5.0


class Closed(Protocol):
    def __call__(self, attempt: Attempt, ending: Ending | None) -> None:
        """The attempt is told of, or given up (None)."""


@dataclass(eq=False)
class Report:
    attempt: Attempt
    ending: Ending
    item: str
    made_at: float = field(default_factory=time.monotonic)
    # It broke the plane all by itself: from now on it goes without neighbours.
    is_suspect: bool = False
    due_at: float = 0.0
    pause: float = PAUSE_SECONDS


class Completer:
    def __init__(self, plane: InternalPlane, queue: Queue | None, closed: Closed) -> None:
        self._plane, self._queue, self._closed = plane, queue, closed
        self._news = threading.Condition()
        self._reports: list[Report] = []
        self._is_ending = False
        self._thread = threading.Thread(target=self._run, name="completer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, attempt: Attempt, ending: Ending, body: str = "") -> None:
        """`body` are the members of the completion beside its fence and status."""
        item = attempt.item(f'"status":"{ending}"{body and ","}{body}')
        with self._news:
            self._reports.append(Report(attempt, ending, item))
            self._news.notify()

    def let_go(self, attempt: Attempt) -> None:
        """Somebody else has it: whatever is said of it now is refused."""
        self._closed(attempt, None)
        self._acknowledge([attempt.message] if attempt.message else [])

    @property
    def waiting(self) -> int:
        return len(self._reports)

    def end(self, *, seconds: float) -> None:
        with self._news:
            self._is_ending = True
            self._news.notify()
        self._thread.join(seconds)

    def _run(self) -> None:
        while batch := self._next():
            with metrics.WORKER_COMPLETE_SECONDS.time():
                results = self._send(batch)
            self._settle(batch, results)

    def _next(self) -> list[Report]:
        with self._news:
            while True:
                now = time.monotonic()
                if batch := self._due(now):
                    return batch
                if self._is_ending and not self._reports:
                    return []
                first = min((report.due_at for report in self._reports), default=None)
                self._news.wait(None if first is None else max(first - now, 0.001))

    def _due(self, now: float) -> list[Report]:
        batch: list[Report] = []
        size = 0
        for report in self._reports:
            if report.due_at > now or (batch and report.is_suspect):
                continue
            size += len(report.item)
            if batch and (size > MOST_BYTES or len(batch) >= MOST_BATCH):
                break
            batch.append(report)
            if report.is_suspect:
                break
        taken = set(batch)
        self._reports = [report for report in self._reports if report not in taken]
        return batch

    def _send(self, batch: Sequence[Report]) -> Sequence[ItemResult]:
        try:
            return self._plane.complete([report.item for report in batch])
        except Broke as error:
            log.warning("completions_broke_the_plane", count=len(batch), error=str(error))
            return self._singly(batch, error)
        except Transient as error:
            log.warning("completions_not_taken", error=str(error))
            return [_result(report, 503, error) for report in batch]
        except Permanent as error:
            if len(batch) == 1:
                return [_result(batch[0], 400, error)]
        # One of them cannot be read: the others must not suffer for it.
        return [result for report in batch for result in self._send([report])]

    def _singly(self, batch: Sequence[Report], error: Broke) -> list[ItemResult]:
        """One that the plane cannot bear must not hold up its neighbours."""
        if len(batch) == 1:
            batch[0].is_suspect = True
            return [_result(batch[0], 503, error)]
        results: list[ItemResult] = []
        for report in batch:
            suspects = sum(result.status >= 500 for result in results)
            results += self._send([report]) if suspects < MOST_SUSPECTS else [_result(report, 503, error)]
        return results

    def _settle(self, batch: Sequence[Report], results: Sequence[ItemResult]) -> None:
        over: list[Message] = []
        for report, result in zip(batch, results, strict=True):
            if not self._is_final(report, result):
                continue
            if report.attempt.message:
                over.append(report.attempt.message)
            self._closed(report.attempt, report.ending if result.status == 200 else None)
        self._acknowledge(over)

    def _is_final(self, report: Report, result: ItemResult) -> bool:
        if result.status == 200:
            return True
        if result.status == 409 and result.code == "canceled" and report.ending is not Ending.CANCELED:
            self.put(report.attempt, Ending.CANCELED)
            return False
        if report.ending is Ending.COMPLETED and (failure := _failure(result)):
            # The lease is still ours: without an end its task would wait for it to run out.
            self.put(report.attempt, Ending.FAILED, failure)
            return False
        if (result.status >= 500 or result.status == 429) and self._again(report):
            return False
        log.warning(
            "completion_refused",
            task_id=str(report.attempt.task_id),
            status=result.status,
            code=result.code,
            error=result.message,
        )
        return True

    def _again(self, report: Report) -> bool:
        """The same body: what was taken already is answered in the same way. A late one counts until another attempt begins."""
        now = time.monotonic()
        # By its own age: heartbeats keep the lease of what has ended alive for ever.
        if report.attempt.is_lost or now > report.made_at + 2 * report.attempt.claimed.lease_seconds:
            return False
        report.due_at, report.pause = now + report.pause, min(2 * report.pause, LONGEST_PAUSE_SECONDS)
        with self._news:
            self._reports.append(report)
        return True

    def _acknowledge(self, messages: Sequence[Message]) -> None:
        if self._queue is None:
            return
        try:
            self._queue.ack(messages)
        except ServiceError as error:
            log.warning("not_acknowledged", error=str(error))  # they come back, and are not claimed again


def _failure(result: ItemResult) -> str:
    """How an attempt ends whose completion is refused for good; empty where it is not."""
    if result.status in _NOT_READ:
        return deaths.refused(result.message)
    if result.status == _FALSE:
        return deaths.failure(result.code, result.message, retryable=False)
    if result.status == 403 or (result.status == 409 and result.code == STATE_MOVED):
        return deaths.overtaken(result.code, result.message)
    return ""


def _result(report: Report, status: int, error: Exception) -> ItemResult:
    return ItemResult(task_id=report.attempt.task_id, status=status, message=str(error)[:500])
