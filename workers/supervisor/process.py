"""One supervised process: start, wait until ready, relay its lines, restart with back-off, stop in time."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections import deque
from collections.abc import Callable

from workers.supervisor.console import Console
from workers.supervisor.diskspace import full_disk
from workers.supervisor.errors import StackError
from workers.supervisor.logfile import LogFile
from workers.supervisor.program import Program, State
from workers.supervisor.spawning import lines_of, signal_group, spawn

BACKOFF_FIRST_SECONDS, BACKOFF_LONGEST_SECONDS = 0.25, 30.0
# Up for this long: what happened before is forgotten and the back-off starts small again.
STABLE_SECONDS = 60.0
STARTS_BEFORE_GIVING_UP = 4


class Supervised:
    def __init__(self, program: Program, console: Console, *, on_change: Callable[[], None]) -> None:
        self.program = program
        self.state = State.WAITING
        self.restarts = 0
        self.since = time.time()
        self._console = console
        self._on_change = on_change
        self._process: asyncio.subprocess.Process | None = None
        self._last_lines: deque[str] = deque(maxlen=40)
        self._stopping = False
        self._follower: asyncio.Task[None] | None = None
        self._pump: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Return once it is ready and followed. Raises StackError when it cannot be brought up."""
        for attempt in range(1, STARTS_BEFORE_GIVING_UP + 1):
            await self._spawn()
            if await self._became_ready():
                self._follower = asyncio.create_task(self._follow(), name=f"follow {self.program.name}")
                return
            await self._end()
            if error := full_disk(
                self.program.name, self._last_lines, self.program.log_file.parent.parent
            ) or self.program.explain(list(self._last_lines)):
                raise error
            await asyncio.sleep(BACKOFF_FIRST_SECONDS * 2**attempt)
        raise self._gave_up()

    async def stop(self) -> None:
        self._stopping = True
        if self._follower:
            self._follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._follower
        await self._end()
        self._change(State.STOPPED)

    async def restart(self) -> None:
        """End it; the follower starts it again."""
        if pid := self.pid:
            signal_group(pid, signal.SIGKILL)

    async def _spawn(self) -> None:
        self._change(State.RESTARTING if self.restarts else State.STARTING)
        self._process, reader = await spawn(self.program)
        self._pump = asyncio.create_task(self._relay(reader), name=f"relay {self.program.name}")

    async def _relay(self, reader: asyncio.StreamReader) -> None:
        with LogFile(self.program.log_file) as log:
            async for line in lines_of(reader):
                log.write(line)
                if line:
                    self._last_lines.append(line)
                    self._console.relay(self.program.name, line)

    async def _became_ready(self) -> bool:
        deadline = time.monotonic() + self.program.start_seconds
        while time.monotonic() < deadline:
            if self._process is None or self._process.returncode is not None:
                return False
            try:
                await asyncio.wait_for(self.program.is_ready(), timeout=5)
            except Exception:  # noqa: BLE001  anything a half-started server answers means: not yet
                await asyncio.sleep(0.05)
            else:
                self._change(State.READY)
                return True
        return False

    async def _follow(self) -> None:
        """Wait for its end and bring it back, for ever, slower each time it fails soon."""
        wait = BACKOFF_FIRST_SECONDS
        while not self._stopping and self._process:
            code = await self._process.wait()
            # What it started must not hold its port or its work when it comes back.
            signal_group(self._process.pid, signal.SIGKILL)
            self.restarts += 1
            wait = BACKOFF_FIRST_SECONDS if time.time() - self.since > STABLE_SECONDS else wait
            self._change(State.RESTARTING)
            self._console.say(f"{self.program.name} ended ({_ending(code)}); back in {wait:.2g} s", colour=33)
            await asyncio.sleep(wait)
            wait = min(wait * 2, BACKOFF_LONGEST_SECONDS)
            await self._spawn()
            if await self._became_ready():
                self._console.say(f"{self.program.name} is back", colour=32)
            else:
                await self._end()

    async def _end(self) -> None:
        """The polite signal, then after the grace time the other one; then everything it started."""
        if self._process is None:
            return
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(self.program.stop_signal)
            try:
                await asyncio.wait_for(self._process.wait(), timeout=self.program.stop_seconds)
            except TimeoutError:
                pass
        signal_group(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        self.program.sweep()
        if self._pump:
            # A grandchild that escaped its group could hold the pipe open.
            await asyncio.wait({self._pump}, timeout=1)

    def _change(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self.since = time.time()
            self._on_change()

    def _gave_up(self) -> StackError:
        last = next((line for line in reversed(self._last_lines) if line.strip()), "it printed nothing")
        return StackError(
            f"{self.program.name} did not become ready: {last[:300]}", remedy=f"Its log is {self.program.log_file}."
        )


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
