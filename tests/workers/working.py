"""A real worker: its own process, the real queue, a plane in memory, real children."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from apps.platform import contracts as c
from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.json import Json
from apps.platform.ports.queue import Queue
from tests.workers.plane import WORKER_TOKEN, Plane, Task

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = Path(__file__).parent / "misbehaving"


@dataclass
class Working:
    plane: Plane
    queue: Queue
    directory: Path
    settings: dict[str, str] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"tasks-{uuid4().hex[:12]}")
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *command: str, **settings: str) -> subprocess.Popen[bytes]:
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}:{PACKAGES}",
            "TRACE_QUEUE_DSN": os.environ["TRACE_QUEUE_DSN"],
            "TRACE_INTERNAL_URL": self.plane.url,
            "TRACE_WORKER_TOKENS": WORKER_TOKEN,
            "TRACE_WORKER_QUEUES": self.name,
            "TRACE_WORKER_SLOTS": "2",
            "TRACE_WORKER_CANCEL_GRACE_SECONDS": "1",
            "TRACE_WORKER_DRAIN_SECONDS": "1",
        } | self.settings | settings  # fmt: skip
        with (self.directory / "worker.log").open("ab") as log:
            module = command or ("workers.platform_worker",)
            process = subprocess.Popen([sys.executable, "-m", *module], cwd=ROOT, env=env, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    def wake(self, *tasks: Task) -> None:
        self.queue.publish(self.name, [c.TaskMessage(task.id).to_json() for task in tasks])

    def publish(self, *payloads: Json) -> None:
        self.queue.publish(self.name, payloads)

    def run(self, *tasks: Task) -> None:
        """From the message to the end of each."""
        self.wake(*tasks)
        self.plane.until_ended(*tasks)

    def stop(self, process: subprocess.Popen[bytes] | None = None) -> int:
        process = process or self.processes[-1]
        process.send_signal(signal.SIGTERM)
        return process.wait(timeout=60)

    def holds_nothing(self) -> bool:
        depth = self.queue.depth(self.name)
        return (depth.ready, depth.in_flight, depth.delayed, depth.dead) == (0, 0, 0, 0)

    @property
    def log(self) -> str:
        return (self.directory / "worker.log").read_text()


@contextmanager
def working(directory: Path, **settings: str) -> Iterator[Working]:
    config = Config.from_env()
    wiring.prepare_queue(config)
    queue = wiring.queue(config)
    with Plane() as plane:
        here = Working(plane, queue, directory, settings)
        try:
            yield here
        finally:
            for process in here.processes:
                if process.poll() is None:
                    process.kill()
                process.wait()
            queue.close()


def is_running(pid: int) -> bool:
    """A zombie does not run."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def pid_in(task: Task) -> int:
    """The last number of its first line."""
    return int(task.text[0].replace("=", " ").split()[-1])
