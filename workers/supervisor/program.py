"""What the supervisor runs, and in which state it is."""

from __future__ import annotations

import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from workers.supervisor.errors import StackError


class State(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Account:
    """Another user to run as, when we are root."""

    uid: int
    gid: int


def run_as(account: Account | None) -> dict[str, Any]:
    """The arguments of subprocess that change the user; none of them when there is nobody to change to."""
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


@dataclass(frozen=True)
class Program:
    """What to run. `is_ready` returns when it is and raises while it is not; `is_alive` the same for not hanging."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    is_ready: Callable[[], Coroutine[Any, Any, None]]
    is_alive: Callable[[], Coroutine[Any, Any, None]]
    cwd: Path
    log_file: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 8.0
    start_seconds: float = 45.0
    # Before every start: puts right what the end before left, and says what that was; nothing where all was well.
    settle: Callable[[], str] = str
    # Files outside the data directory that it forgets when it ends.
    leaves: Sequence[Path] = ()
    explain: Callable[[Sequence[str]], StackError | None] = field(default=lambda _lines: None)

    def sweep(self) -> None:
        for file in self.leaves:
            file.unlink(missing_ok=True)
