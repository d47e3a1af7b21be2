"""A real host of processes, and the driver that speaks to it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psutil

from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.ports.containers import Container, Containers, Phase
from tests.waiting import eventually
from tests.workers.plane import WORKER_TOKEN
from workers.supervisor.ports import Ports

ROOT = Path(__file__).resolve().parents[2]


def container(kind: str = "1", *, task_id: UUID | None = None, token: str = "") -> Container:
    """`kind`: see light_host."""
    task_id = task_id or UUID(kind + uuid4().hex[1:])
    return Container(task_id, token or uuid4().hex, cpu_millis=100, memory_mb=256)


@dataclass
class Hosting:
    directory: Path
    port: int
    module: str
    settings: dict[str, str]
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        env = {
            "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TRACE_PROCESS_HOST_PORT": str(self.port),
            "TRACE_WORKER_TOKENS": f"{WORKER_TOKEN},trace_wkr_the-next-one", "TRACE_PROCESS_HOST_GRACE_SECONDS": "1",
        } | self.settings  # fmt: skip
        with (self.directory / "host.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", self.module], cwd=self.directory, env=env, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def driver(self) -> Containers:
        config = replace(Config.from_env({}), process_host_port=self.port, worker_tokens=(WORKER_TOKEN,))
        return wiring.containers(config)

    @property
    def below(self) -> list[psutil.Process]:
        """All that runs below the host."""
        return psutil.Process(self.processes[-1].pid).children(recursive=True)

    def answers(self) -> bool:
        try:
            return httpx.get(self.url, timeout=1).status_code > 0
        except httpx.TransportError:
            return False

    def phase(self, handle: str) -> Phase:
        return self.driver.states([handle])[handle].phase

    def has_stopped(self, handle: str) -> bool:
        return self.phase(handle) is Phase.STOPPED


@contextmanager
def hosting(directory: Path, *, module: str = "tests.workers.light_host", **settings: str) -> Iterator[Hosting]:
    ports = Ports()  # kept: the port is ours as long as the host lives
    host = Hosting(directory, ports.any(), module, settings)
    try:
        host.start()
        eventually(host.answers, seconds=30)
        yield host
    finally:
        for process in host.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
