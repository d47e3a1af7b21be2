"""One supervised process: start, wait until ready, relay its lines, restart with back-off, stop in time."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence

from apps.platform.clock import Clock, SystemClock
from workers.supervisor import backoff
from workers.supervisor.console import Console
from workers.supervisor.diskspace import full_disk
from workers.supervisor.errors import StackError
from workers.supervisor.logfile import LogFile
from workers.supervisor.program import Program, State
from workers.supervisor.spawning import lines_of, signal_group, spawn

STARTS_BEFORE_GIVING_UP = 4


class Supervised:
    """`pause` and `clock` are asked how long to wait and what time it is, so that a test need not wait."""

    def __init__(
        self,
        program: Program,
        console: Console,
        *,
        on_change: Callable[[], None],
        clock: Clock | None = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.program = program
        self.state = State.WAITING
        self.restarts = 0
        self._clock = clock or SystemClock()
        self._pause = pause
        self.since = self._clock.now()
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
                self._follower.add_done_callback(self._tell_of_its_end)
                return
            await self._end()
            if error := full_disk(
                self.program.name, self._last_lines, self.program.log_file.parent.parent
            ) or self.program.explain(list(self._last_lines)):
                raise error
            await self._pause(backoff.FIRST_SECONDS * 2**attempt)
        raise self._gave_up()

    async def stop(self) -> None:
        self._stopping = True
        if self._follower:
            self._follower.cancel()
        try:
            if self._follower:
                with contextlib.suppress(asyncio.CancelledError):
                    await self._follower
        finally:
            # Whatever became of the follower: the process must not outlive this.
            await self._end()
            self._change(State.STOPPED)

    async def restart(self) -> None:
        """End it; the follower starts it again."""
        if pid := self.pid:
            signal_group(pid, signal.SIGKILL)

    async def _spawn(self) -> None:
        self._change(State.RESTARTING if self.restarts else State.STARTING)
        if said := self.program.settle():
            self._console.say(f"{self.program.name}: {said}", colour=33)
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
        waits = backoff.Backoff()
        while not self._stopping:
            ending = await self._ended()
            ready_seconds = (self._clock.now() - self.since).total_seconds() if self.state is State.READY else 0
            wait = waits.after(ready_seconds)
            self.restarts += 1
            self._change(State.RESTARTING)
            self._console.say(f"{self.program.name} {ending}; back in {wait:.2g} s", colour=33)
            await self._pause(wait)
            await self._come_back()

    async def _ended(self) -> str:
        """How it ended, once it has."""
        if self._process is None:
            return "could not be started"
        code = await self._process.wait()
        # What it started must not hold its port or its work when it comes back.
        signal_group(self._process.pid, signal.SIGKILL)
        return f"ended ({_ending(code)})"

    async def _come_back(self) -> None:
        """One try. A full disk or a lack of processes passes, so neither ends the following."""
        self._process = None
        try:
            await self._spawn()
        except (StackError, OSError) as error:
            self._console.say(f"{self.program.name}: {error}", colour=31)
            return
        if await self._became_ready():
            self._console.say(f"{self.program.name} is back", colour=32)
        else:
            await self._end()

    def _tell_of_its_end(self, follower: asyncio.Task[None]) -> None:
        if not follower.cancelled() and (fault := follower.exception()):
            self._console.say(f"{self.program.name} is no longer watched: {fault!r}; stop and start Trace", colour=31)

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
            self.since = self._clock.now()
            self._on_change()

    def _gave_up(self) -> StackError:
        last = next((line for line in reversed(self._last_lines) if line.strip()), "it printed nothing")
        return StackError(
            f"{self.program.name} did not become ready: {last[:300]}", remedy=f"Its log is {self.program.log_file}."
        )


async def stop_in_order(supervised: Mapping[str, Supervised], order: Sequence[Sequence[str]]) -> None:
    """Group by group, to the last one whatever a stop before it raised; what was raised comes after that."""
    faults: list[Exception] = []
    for names in order:
        ended = await asyncio.gather(*(supervised[name].stop() for name in names if name in supervised), return_exceptions=True)
        faults += [fault for fault in ended if isinstance(fault, Exception)]
    if faults:
        raise ExceptionGroup("some processes could not be stopped properly", faults)


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
