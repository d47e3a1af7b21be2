"""What is measured, started and stopped by its id, each in a directory that goes away with it."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

from tests.journeys.stack import StackProcess
from tests.servers import Servers


@contextmanager
def temporary_directory() -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="trace-bench-"))
    # As root Postgres runs as `nobody`, who must be able to pass.
    directory.chmod(0o755)
    try:
        yield directory / "data"
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def running_stack(data_dir: Path, **settings: str) -> Iterator[StackProcess]:
    stack = StackProcess(data_dir, **settings)
    try:
        yield stack.wait_ready()
    finally:
        stack.stop()


class Stage:
    """What the benches of a run share: one stack with its demo people, started for the first that asks."""

    def __init__(self, exits: ExitStack) -> None:
        self._exits = exits

    @cached_property
    def stack(self) -> StackProcess:
        return self._exits.enter_context(running_stack(self._exits.enter_context(temporary_directory())))


@contextmanager
def servers_alone() -> Iterator[Servers]:
    """The embedded servers without Trace, all of them ready."""
    servers = Servers()
    try:
        start(servers)
        yield servers
    finally:
        servers.stop()


def start(servers: Servers) -> None:
    servers.start()
    servers.running["seaweedfs"].wait_ready()


def halt(servers: Servers) -> None:
    """Like the supervisor: Postgres last. The data stays."""
    for name in ("valkey", "seaweedfs", "postgres"):
        servers.running[name].stop()


def seconds_of(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started
