"""The Trace processes of the one-machine stack: command, environment and readiness of each."""

from __future__ import annotations

import asyncio
import sys
import urllib.request
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workers.supervisor.environment import ROOT
from workers.supervisor.ports import LOOPBACK, Ports
from workers.supervisor.program import Program

CELERY = (sys.executable, "-m", "celery", "-A", "traceweb.celery")
WORKER = ("--pool=prefork", "--without-gossip", "--without-mingle", "--without-heartbeat")


@dataclass(frozen=True)
class Trace:
    """A process of ours: what it runs, and which settings it is given beside the common ones."""

    name: str
    command: Sequence[str]
    needs: tuple[str, ...]
    role: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    stop_seconds: float = 8.0


PROCESSES = (
    Trace("web", (sys.executable, "manage.py", "serve", "public"), ("django", "queue", "s3", "vault", "sso", "gateway"), role="trace_web"),
    Trace("internal", (sys.executable, "manage.py", "serve", "internal"), ("django", "workers", "signing", "vault", "s3", "gateway"), role="trace_internal"),
    Trace("dispatcher", (*CELERY, "worker", "-Q", "dispatch", "-c", "2", "-n", "dispatcher@trace", *WORKER), ("django", "queue", "s3", "workers", "host", "signing", "tables", "openlineage", "gateway"), role="trace_dispatcher"),
    Trace("beat", (*CELERY, "beat"), ("django",), role="trace_beat"),
    # It lets its tasks end, and stops them only after TRACE_WORKER_DRAIN_SECONDS.
    # Named, so that it is the same worker after a restart and not a new one beside a silent one.
    Trace("worker", (sys.executable, "-m", "workers.platform_worker"), ("queue", "workers"), role="trace_worker", settings={"TRACE_WORKER_ID": "worker-1"}, stop_seconds=60.0),
    # It ends the batch that it writes.
    Trace("sink", (sys.executable, "-m", "workers.sink"), ("queue", "workers"), role="trace_sink", settings={"TRACE_WORKER_ID": "sink-1"}, stop_seconds=40.0),
    # It ends the calls that it has open.
    Trace("rpc_gateway", (sys.executable, "-m", "workers.rpc_gateway"), ("gateway", "providers"), stop_seconds=20.0),
    # What it runs hands its task back first, and is killed after TRACE_PROCESS_HOST_GRACE_SECONDS.
    Trace("process_host", (sys.executable, "-m", "workers.process_host"), ("workers", "host"), stop_seconds=60.0),
)  # fmt: skip


def program(process: Trace, env: Mapping[str, str], *, ops_port: int, run_dir: Path, log_dir: Path) -> Program:
    metrics_dir = run_dir / f"metrics-{process.name}"
    _empty(metrics_dir)
    return Program(
        name=process.name,
        command=process.command,
        env={**env, **process.settings, "TRACE_OPS_PORT": str(ops_port), "PROMETHEUS_MULTIPROC_DIR": str(metrics_dir)},
        is_ready=http_answers(ops_port, "/readyz"),
        # Not /readyz: a process that waits for a database must not be killed for it.
        is_alive=http_answers(ops_port, "/healthz"),
        cwd=ROOT,
        log_file=log_dir / f"{process.name}.log",
        stop_seconds=process.stop_seconds,
    )


def http_answers(port: int, path: str) -> Callable[[], Coroutine[Any, Any, None]]:
    def ask() -> None:
        with urllib.request.urlopen(f"http://{LOOPBACK}:{port}{path}", timeout=4) as answer:
            answer.read()

    async def is_ready() -> None:
        # A thread only once something listens: a refused connection is the usual answer at first.
        _, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.close()
        await asyncio.to_thread(ask)

    return is_ready


def ops_ports(ports: Ports) -> dict[str, int]:
    return {process.name: ports.any() for process in PROCESSES}


def _empty(directory: Path) -> None:
    """Counters of processes that are gone would be added to today's for ever."""
    directory.mkdir(mode=0o700, exist_ok=True)
    for file in directory.glob("*.db"):
        file.unlink(missing_ok=True)
