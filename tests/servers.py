"""The supervisor's embedded servers, started once for a test run in a directory of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from tests.loops import ended
from workers.supervisor.environment import base_env
from workers.supervisor.ports import Ports
from workers.supervisor.program import Program, run_as
from workers.supervisor.servers.postgres import Postgres
from workers.supervisor.servers.seaweedfs import SeaweedFS
from workers.supervisor.servers.valkey import Valkey

PASSWORD = "test-password-of-a-throwaway-server"


class Running:
    """One server as a child of the test run; stopped by its id."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._log = program.log_file.open("wb")
        self._process = subprocess.Popen(
            program.command, env=dict(program.env), cwd=program.cwd, stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True, **run_as(program.account),
        )  # fmt: skip

    @property
    def pid(self) -> int:
        return int(self._process.pid)

    def wait_ready(self) -> None:
        deadline = time.monotonic() + self._program.start_seconds
        while True:
            try:
                ended(self._program.is_ready())
            except Exception:  # noqa: BLE001  whatever a half-started server answers
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise RuntimeError(self._program.log_file.read_text()[-2000:]) from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        self._process.send_signal(self._program.stop_signal)
        try:
            self._process.wait(timeout=self._program.stop_seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()
        self._program.sweep()


class Servers:
    """Postgres at once, Valkey and SeaweedFS beside it."""

    def __init__(self) -> None:
        # As root Postgres runs as `nobody`, who must be able to pass.
        self.directory = Path(tempfile.mkdtemp(prefix="trace-tests-"))
        self.directory.chmod(0o755)
        for name in ("run", "logs"):
            (self.directory / name).mkdir(mode=0o755)
        self._ports = ports = Ports()
        self.postgres = Postgres.in_data_dir(self.directory, port=ports.any(), password=PASSWORD)
        self.valkey = Valkey.in_data_dir(self.directory, port=ports.any(), password=PASSWORD)
        self.seaweedfs = SeaweedFS.in_data_dir(self.directory, ports=ports, secret_key=PASSWORD)
        self.running: dict[str, Running] = {}

    def start(self) -> None:
        for server in (self.seaweedfs, self.valkey):
            program = server.program(base_env())
            self.running[program.name] = Running(program)
        self.postgres.prepare()
        self.running["postgres"] = Running(self.postgres.program(base_env()))
        self.running["postgres"].wait_ready()
        self.running["valkey"].wait_ready()

    def stop(self) -> None:
        """Twice does no harm."""
        for name in ("seaweedfs", "valkey", "postgres"):
            if running := self.running.pop(name, None):
                running.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
