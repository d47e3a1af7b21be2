"""The supervisor as a user runs it: a process of its own, on a data directory of its own."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg

from workers.supervisor.leftovers import MARK
from workers.supervisor.program import Account, run_as
from workers.supervisor.servers.places import forget_cluster

ROOT = Path(__file__).resolve().parents[2]
UP_SECONDS = 90.0


class StackProcess:
    """`account` is the user it runs as, where that is not the one who runs the tests."""

    def __init__(self, data_dir: Path, account: Account | None = None, /, **settings: str) -> None:
        self.data_dir = data_dir
        env = {
            name: value for name, value in os.environ.items() if not name.startswith(("TRACE_", "_TRACE_", "DJANGO_", "PYTEST_"))
        }
        # Port 0: any free one, so that several runs can share a machine.
        env |= {
            "TRACE_DATA_DIR": str(data_dir),
            "TRACE_PUBLIC_PORT": "0",
            "TRACE_INTERNAL_PORT": "0",
            "TRACE_RPC_GATEWAY_PORT": "0",
        } | settings
        self._process = subprocess.Popen(
            [sys.executable, "-m", "workers.supervisor", "up"], cwd=ROOT, env=env,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True, **run_as(account),
        )  # fmt: skip
        self.lines: list[str] = []
        self._arrived: queue.Queue[str | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def output(self) -> str:
        return "".join(self.lines)

    @property
    def facts(self) -> Any:
        return json.loads((self.data_dir / "stack.json").read_text())

    @property
    def url(self) -> str:
        return str(self.facts["urls"]["public"])

    def wait_ready(self) -> StackProcess:
        self.wait_line(lambda line: line.startswith("Trace is ready at "))
        return self

    def wait_line(self, wanted: Callable[[str], bool], *, seconds: float = UP_SECONDS) -> str:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._arrived.get(timeout=left)
            except queue.Empty:
                break
            if line is None:
                raise AssertionError(f"the stack ended:\n{self.output}")
            if wanted(line):
                return line
        raise AssertionError(f"the line did not come:\n{self.output}")

    def wait_end(self, *, seconds: float = 45) -> int:
        code = self._process.wait(timeout=seconds)
        self._reader.join(timeout=10)
        return code

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self._process.poll() is None:
            self._process.send_signal(number)
        return self.wait_end()

    def connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self.facts["dsn"][database], autocommit=True)

    def members(self) -> list[psutil.Process]:
        """Every process that carries this data directory's mark, the supervisor not counted."""
        return members_of(self.data_dir)

    def _read(self) -> None:
        assert self._process.stdout
        with self._process.stdout as output:
            for line in output:
                self.lines.append(line)
                self._arrived.put(line)
        self._arrived.put(None)


def members_of(data_dir: Path) -> list[psutil.Process]:
    return _processes_with(MARK, data_dir)


def end_stack(data_dir: Path) -> None:
    """Whatever a failed test left on this data directory: its supervisors first, which would start the others again."""
    for processes in (_processes_with("TRACE_DATA_DIR", data_dir), members_of(data_dir)):
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(processes, timeout=10)
    forget_cluster(data_dir)


def _processes_with(variable: str, data_dir: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(variable) == str(data_dir.resolve()) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_until(condition: Callable[[], object], *, seconds: float = 45, what: str = "") -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what or "the condition did not come true in time"
        time.sleep(0.05)
