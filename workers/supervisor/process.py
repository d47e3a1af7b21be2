"""One supervised process: start, wait until ready, relay its lines, restart with back-off, stop in time."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from workers.supervisor.console import Console
from workers.supervisor.errors import StackError
from workers.supervisor.logfile import LogFile

BACKOFF_FIRST_SECONDS, BACKOFF_LONGEST_SECONDS = 0.25, 30.0
# Up for this long: what happened before is forgotten and the back-off starts small again.
STABLE_SECONDS = 60.0
STARTS_BEFORE_GIVING_UP = 3
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class State(StrEnum):
    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Account:
    """Another user to run as, when we are root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Program:
    """What to run. `is_ready` returns when it is and raises while it is not; `is_alive` the same for not hanging."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    is_ready: Callable[[], Awaitable[None]]
    is_alive: Callable[[], Awaitable[None]]
    cwd: Path
    log_file: Path
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 8.0
    start_seconds: float = 45.0
    explain: Callable[[Sequence[str]], StackError | None] = field(default=lambda _lines: None)


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
            if error := self.program.explain(list(self._last_lines)):
                raise error
            await asyncio.sleep(BACKOFF_FIRST_SECONDS * attempt)
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
            _signal_group(pid, signal.SIGKILL)

    async def _spawn(self) -> None:
        program = self.program
        self._change(State.RESTARTING if self.restarts else State.STARTING)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *program.command,
                env=dict(program.env), cwd=program.cwd, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
                # A session of its own: Ctrl-C in the terminal is for us; we stop the others in order.
                start_new_session=True, preexec_fn=_die_with_parent(program.stop_signal, os.getpid()),
                limit=1_000_000,
                **_as_account(program.account),
            )  # fmt: skip
        except FileNotFoundError as error:
            raise StackError(
                f"{program.name} cannot start: {error.filename} is missing.",
                remedy="Delete .venv and run `make up` again: it installs every binary anew.",
            ) from error
        self._pump = asyncio.create_task(self._relay(self._process), name=f"relay {program.name}")

    async def _relay(self, process: asyncio.subprocess.Process) -> None:
        stdout = process.stdout
        if stdout is None:
            return
        with LogFile(self.program.log_file) as log:
            while True:
                try:
                    raw = await stdout.readline()
                except ValueError:
                    continue  # a line over the limit has been dropped by the reader
                if not raw:
                    return
                line = raw.decode(errors="replace").rstrip()
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
            _signal_group(self._process.pid, signal.SIGKILL)
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
        _signal_group(self._process.pid, signal.SIGKILL)
        await self._process.wait()
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


def _as_account(account: Account | None) -> dict[str, object]:
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


def _die_with_parent(number: signal.Signals, parent: int) -> Callable[[], None]:
    def set_signal() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return set_signal


def _signal_group(pid: int, number: signal.Signals) -> None:
    """The process leads its own group, whose id stays taken as long as a member lives."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
