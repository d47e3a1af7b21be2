"""A small program under supervision, whose pauses take no time."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

from apps.platform.clock import ManualClock
from workers.supervisor.console import Console
from workers.supervisor.process import Supervised
from workers.supervisor.program import Program

T = TypeVar("T")
SLEEPER = (sys.executable, "-c", "import time; time.sleep(600)")


@dataclass
class Pauses:
    """Moves the clock instead of waiting, and remembers; after `enough` of them it waits for ever."""

    enough: int = 1_000_000
    taken: list[float] = field(default_factory=list)
    clock: ManualClock = field(default_factory=lambda: ManualClock(datetime(2026, 1, 1, tzinfo=UTC)))
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        self.clock.advance(timedelta(seconds=seconds))
        if len(self.taken) >= self.enough:
            self.over.set()
            await asyncio.Event().wait()
        await asyncio.sleep(0)


def sleeper(directory: Path, *, name: str = "sleeper", command: tuple[str, ...] = SLEEPER) -> Program:
    """Ready as long as its directory holds no file `broken`."""

    async def is_ready() -> None:
        if (directory / "broken").exists():
            raise ConnectionError("broken")

    (directory / "logs").mkdir(exist_ok=True)
    return Program(
        name=name, command=command, env={}, is_ready=is_ready, is_alive=is_ready, cwd=directory,
        log_file=directory / "logs" / f"{name}.log", stop_seconds=2, start_seconds=0.2,
    )  # fmt: skip


def supervised(
    program: Program, pauses: Pauses, *, stream: StringIO | None = None, on_change: Callable[[], None] = lambda: None
) -> Supervised:
    console = Console(verbose=False, stream=stream or StringIO())
    return Supervised(program, console, on_change=on_change, clock=pauses.clock, pause=pauses)


def run(act: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own: beside Playwright's event loop, which a browser test leaves in this one, no other can run."""
    with ThreadPoolExecutor(1) as another_thread:
        return another_thread.submit(asyncio.run, act).result()


async def until(condition: Callable[[], object], *, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  what it asks is another process's doing
            await asyncio.sleep(0.01)
