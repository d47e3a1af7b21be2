"""Whatever an operator's processes leave behind is ended with them, also what moved to another group or session."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path


class Orphans:
    """Of a process that adopts orphans and starts nothing but children by way of `start`: any other child is left over.

    A living child adopts its own descendants (workers/child), so what came to us belongs to one that is dead.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: set[int] = set()

    def start(self, launch: Callable[[], subprocess.Popen[bytes]]) -> subprocess.Popen[bytes]:
        with self._lock:
            process = launch()
            self._known.add(process.pid)
            return process

    def bury(self, process: subprocess.Popen[bytes]) -> int:
        """Kill its group, wait for it, and end what it leaves. Returns how it ended."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        code = process.wait()
        with self._lock:
            self._known.discard(process.pid)
            # Each one that ends may leave us its own children.
            while found := [pid for pid in _children() if pid not in self._known]:
                for pid in found:
                    _end(pid)
        return code


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _children() -> Iterator[int]:
    me = os.getpid()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # The name of a program may hold anything; its state and parent come after the last bracket.
                parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
            except (OSError, IndexError):
                continue
            if int(parent) == me:
                yield int(entry.name)
