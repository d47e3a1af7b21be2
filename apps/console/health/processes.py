"""The processes of the one-machine stack, as its supervisor writes them down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

# What a badge shows for each state of the supervisor. One that is not here is shown by its own name.
_BADGES = {
    "waiting": "waiting",
    "starting": "running",
    "ready": "ok",
    "restarting": "retrying",
    "stopped": "cancelled",
}


@dataclass(frozen=True)
class Process:
    name: str
    state: str
    pid: int | None
    restarts: int
    since: datetime

    @property
    def badge(self) -> str:
        return _BADGES.get(self.state, "waiting")

    @property
    def is_well(self) -> bool:
        return self.badge in {"ok", "running"}


def read_processes(file: str) -> list[Process] | None:
    """None when they are watched elsewhere, or when the file cannot be read just now."""
    if not file:
        return None
    try:
        rows = json.loads(Path(file).read_text())["processes"]
        return [_process(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _process(row: dict[str, Any]) -> Process:
    return Process(
        name=str(row["name"]),
        state=str(row["state"]),
        pid=row["pid"],
        restarts=int(row["restarts"]),
        since=datetime.fromisoformat(row["since"]),
    )
