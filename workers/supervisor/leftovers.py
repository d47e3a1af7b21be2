"""Processes of an earlier supervisor on the same data directory that was killed before it could stop them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

MARK = "_TRACE_STACK"  # not TRACE_…: Config refuses variables it does not know


def mark_of(data_dir: Path) -> str:
    return str(data_dir)


def end_leftovers(data_dir: Path, *, patience_seconds: float = 5.0) -> list[int]:
    """End every process that carries our mark; the caller holds the lock, so none of them is anybody's. Returns their ids."""
    found = _marked(mark_of(data_dir))
    for pid in found:
        _send(pid, signal.SIGTERM)
    _wait(found, patience_seconds)
    for pid in found:
        if is_alive(pid):
            _send(pid, signal.SIGKILL)
    _wait(found, patience_seconds)
    return found


def _wait(pids: list[int], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and any(is_alive(pid) for pid in pids):
        time.sleep(0.05)


def _marked(mark: str) -> list[int]:
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:
            continue  # ended meanwhile, or another user's
    return found


def is_alive(pid: int) -> bool:
    """Running, or at least not over."""
    try:
        # A zombie is over: only its parent, perhaps none of ours, has yet to notice.
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
