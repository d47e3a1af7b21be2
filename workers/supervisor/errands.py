"""Processes that do one thing and end: initdb, the migrations. A stop does not wait for them."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from workers.supervisor.errors import StackError
from workers.supervisor.spawning import signal_group

_PATIENCE_SECONDS = 5.0


class Errands:
    """`run` is called in threads, `end` from where the stack is taken down; after that nothing more is started."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[str]] = set()
        self._is_over = False

    def run(
        self, command: Sequence[str | os.PathLike[str]], *, env: Mapping[str, str], **rest: Any
    ) -> subprocess.CompletedProcess[str]:
        """Wait for its end. In a session of its own, so that Ctrl-C in the terminal reaches it through us alone."""
        with self._lock:
            if self._is_over:
                raise StackError("Trace is stopping.", remedy="Start it again.")
            process = subprocess.Popen(
                command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, **rest
            )
            self._running.add(process)
        try:
            output, errors = process.communicate()
        finally:
            self._running.discard(process)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def end(self) -> None:
        with self._lock:
            self._is_over = True
            running = list(self._running)
        for process in running:
            signal_group(process.pid, signal.SIGTERM)
        for process in running:
            try:
                process.wait(timeout=_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                pass
            # With whatever it started, which its own end would leave alone.
            signal_group(process.pid, signal.SIGKILL)
