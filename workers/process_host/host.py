"""Starts processes, follows each to its end, and remembers how that was for an hour."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import structlog

from apps.platform.clock import Clock, SystemClock
from apps.platform.ports.containers import UNKNOWN, Phase, State
from workers.platform_worker.orphans import Orphans
from workers.process_host.environment import task_environment
from workers.process_host.resident import Resident

log = structlog.get_logger("trace.process_host")

COMMAND = (sys.executable, "-m", "workers.task_process")
REMEMBERED_SECONDS = 3_600.0
GONE = State(Phase.STOPPED, None, "The host of processes was started anew, and what it ran died with it.")


class Full(Exception):
    """It runs as many as it may."""


class Closing(Exception):
    """It stops, and starts nothing more."""


class Host:
    """Called from any thread."""

    def __init__(
        self, *, most: int, grace_seconds: float, orphans: Orphans, command: Sequence[str] = COMMAND, clock: Clock | None = None
    ) -> None:
        self._most = most
        self._grace = grace_seconds
        self._orphans = orphans
        self._command = tuple(command)
        self._clock = clock or SystemClock()
        # In every handle: of another life than this one, nothing runs any more.
        self._life = uuid4().hex[:12]
        self._lock = threading.Lock()
        self._residents: dict[str, Resident] = {}
        self._by_token: dict[str, str] = {}
        self._is_closing = False
        # A process dies with the thread that started it, so that is always this one.
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="starter")

    def run(self, task_id: UUID, token: str) -> str:
        """The handle; of the process that was started by this token, if there is one. Raises Full or Closing."""
        return self._starter.submit(self._start, task_id, token).result()

    def stop(self, handle: str, *, reason: str) -> bool:
        """False for what it does not know."""
        resident = self._residents.get(handle)
        if resident is None:
            return False
        if not resident.stop_reason and not resident.has_ended:
            log.info("process_stopping", handle=handle, reason=reason)
            resident.stop_reason = reason or "it was asked for"
            resident.signal(signal.SIGTERM)
            killer = threading.Timer(self._grace, resident.signal, [signal.SIGKILL])
            killer.daemon = True
            killer.start()
        return True

    def state(self, handle: str) -> State:
        self._forget()
        if resident := self._residents.get(handle):
            return resident.state
        life, dash, _ = handle.partition("-")
        return GONE if dash and life != self._life else UNKNOWN

    def close(self) -> None:
        """Every process is stopped, and has ended when this returns."""
        self._starter.submit(self._shut).result()
        for resident in list(self._residents.values()):
            self.stop(resident.handle, reason="the host stops")
        for resident in list(self._residents.values()):
            resident.over.wait()

    def _shut(self) -> None:
        self._is_closing = True

    def _running(self) -> int:
        return sum(not resident.has_ended for resident in list(self._residents.values()))

    def _start(self, task_id: UUID, token: str) -> str:
        # One at a time: only the thread of the starter comes here.
        self._forget()
        if known := self._by_token.get(token):
            return known
        if self._is_closing:
            raise Closing("the host stops")
        if self._running() >= self._most:
            raise Full(f"it runs {self._most} processes, as many as it may")
        handle = f"{self._life}-{uuid4().hex[:12]}"
        resident = Resident(handle, token, self._orphans.start(lambda: self._launch(task_id, handle)))
        with self._lock:
            self._residents[handle], self._by_token[token] = resident, handle
        log.info("process_started", handle=handle, task_id=str(task_id), pid=resident.process.pid)
        threading.Thread(target=self._follow, args=[resident], name=handle, daemon=True).start()
        return handle

    def _launch(self, task_id: UUID, handle: str) -> subprocess.Popen[bytes]:
        leash = (sys.executable, "-P", "-m", "workers.process_host.leash", str(os.getpid()))
        # Its lines are JSON with the worker's id in them, and go where ours go: one log that is kept from growing.
        return subprocess.Popen(
            [*leash, *self._command, str(task_id)],
            stdin=subprocess.DEVNULL, start_new_session=True, env=task_environment(f"process-{handle}"),
        )  # fmt: skip

    def _follow(self, resident: Resident) -> None:
        resident.wait()
        with resident.lock:
            # Buried under its lock: a signal that comes now must not go to whoever has its id next.
            resident.exit_code = self._orphans.bury(resident.process)
        resident.ended_at = self._clock.monotonic()
        log.info("process_ended", handle=resident.handle, exit_code=resident.exit_code)
        resident.over.set()

    def _forget(self) -> None:
        horizon = self._clock.monotonic() - REMEMBERED_SECONDS
        with self._lock:
            for resident in [one for one in self._residents.values() if one.ended_at is not None and one.ended_at < horizon]:
                del self._residents[resident.handle], self._by_token[resident.token]
