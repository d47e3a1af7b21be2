"""One process of the host, from its start to what is remembered of it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import threading
from dataclasses import dataclass, field

from apps.platform.ports.containers import Phase, State


@dataclass
class Resident:
    """`lock` is held where its id is used: after the end the id may be another's."""

    handle: str
    token: str
    process: subprocess.Popen[bytes]
    lock: threading.Lock = field(default_factory=threading.Lock)
    stop_reason: str = ""
    exit_code: int | None = None
    ended_at: float | None = None
    over: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Until it ends; it is not yet freed then."""
        death = os.pidfd_open(self.process.pid)
        try:
            select.select([death], [], [])
        finally:
            os.close(death)

    def signal(self, number: signal.Signals) -> None:
        """To its group. The operator below it is in a group of its own, and dies with it."""
        with self.lock:
            if self.exit_code is None:
                os.killpg(self.process.pid, number)

    @property
    def has_ended(self) -> bool:
        return self.ended_at is not None

    @property
    def state(self) -> State:
        if self.exit_code is None:
            return State(Phase.RUNNING)
        return State(Phase.STOPPED, told(self.exit_code), self._why(self.exit_code))

    def _why(self, code: int) -> str:
        if self.stop_reason:
            return f"It was stopped: {self.stop_reason}."
        return f"It was killed by signal {-code} ({_name(-code)})." if code < 0 else f"It ended with exit code {code}."


def told(code: int) -> int:
    """As a shell and every container runtime tell it."""
    return code if code >= 0 else 128 - code


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"
