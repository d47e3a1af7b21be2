"""One place in which attempts run: a thread, and the child process that it keeps warm."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from queue import SimpleQueue

import structlog

from apps.platform import metrics
from apps.platform.contracts import Ending
from workers.platform_worker import deaths
from workers.platform_worker.attempt import Attempt, Pair
from workers.platform_worker.child import Child
from workers.platform_worker.environment import not_for_a_secret
from workers.platform_worker.homes import Homes
from workers.platform_worker.orphans import Orphans
from workers.platform_worker.pool import Batch, Pool
from workers.platform_worker.session import Session, Surroundings

log = structlog.get_logger("trace.worker")


class Slot:
    """Its thread starts the children and outlives them: they die with the thread that started them, not with the process."""

    def __init__(
        self, number: int, pool: Pool, around: Surroundings, orphans: Orphans, homes: Homes, *, child_tasks: int
    ) -> None:
        self.inbox: SimpleQueue[Batch | None] = SimpleQueue()
        self.pair: Pair | None = None
        self.loyal_until = 0.0
        self._pool, self._around, self._orphans, self._homes = pool, around, orphans, homes
        self._child_tasks = child_tasks
        self._child: Child | None = None
        self._running: Batch = []
        self._thread = threading.Thread(target=self._run, name=f"slot-{number}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self.inbox.put(None)
        self._thread.join()

    def tell_canceled(self, attempt: Attempt) -> None:
        """From another thread; nothing when it does not run here."""
        child = self._child
        if child and attempt in self._running:
            child.tell({"cancel": attempt.serial})

    def _run(self) -> None:
        while (batch := self.inbox.get()) is not None:
            more: Batch | None = batch
            while more:
                self._work(more)
                # The pool set it to what it gave us; whether such a child is here now only we know.
                self.pair = self._child.pair if self._child else None
                more = self._pool.next_for(self)
        self._drop("stopped")

    def _work(self, batch: Batch) -> None:
        wanted = [attempt for attempt in batch if not attempt.is_unwanted]
        for attempt in batch:
            if attempt.is_unwanted:
                self._around.ended(attempt, Ending.CANCELED if attempt.is_canceled else Ending.HANDED_BACK)
        if not wanted:
            return
        self._running = wanted
        with metrics.WORKER_RUNNING.track_inprogress():
            left = self._serve(wanted)
        self._running = []
        if left:
            self._around.not_begun(left)

    def _serve(self, batch: Batch) -> list[Attempt]:
        if refused := _refused(batch[0].claimed.task.secrets):
            self._around.ended(batch[0], Ending.FAILED, refused)
            return batch[1:]
        try:
            child = self._child_for(batch[0])
        except OSError as error:
            log.warning("child_not_started", error=str(error))
            for attempt in batch:
                self._around.ended(
                    attempt, Ending.FAILED, deaths.failure("ChildNotStarted", f"No process could be started: {error}")
                )
            return []
        session = Session(child, batch, self._around)
        left = session.run()
        if session.start_seconds:
            self.loyal_until = self._pool.began(session.start_seconds)
        self._settle(child, session.reason)
        return left

    def _child_for(self, attempt: Attempt) -> Child:
        if self._child and (self._child.pair != attempt.pair or attempt.claimed.task.secrets or not self._child.is_alive):
            self._drop("evicted")
        if self._child is None:
            self._child = Child(attempt.pair, self._homes.new(), self._orphans, attempt.claimed.task.secrets)
        return self._child

    def _settle(self, child: Child, reason: str) -> None:
        if child.is_over:
            self._child = None
        elif reason or child.serves_one or child.tasks >= self._child_tasks:
            self._drop(reason or ("served" if child.serves_one else "old"))

    def _drop(self, reason: str) -> None:
        child, self._child = self._child, None
        if child:
            child.end(reason)


def _refused(secrets: Mapping[str, str]) -> str:
    """Why no process may be started with them; empty when one may."""
    if names := not_for_a_secret(secrets):
        return deaths.secret_refused(names)
    if names := sorted(name for name, value in secrets.items() if "\0" in value):
        return deaths.secret_unfit(names)
    return ""
