"""Starting one process: its session, its account, its end when we end, and the pipe its lines come through."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
from collections.abc import AsyncIterator, Callable

from workers.supervisor.errors import StackError
from workers.supervisor.program import Program, run_as

_LONGEST_LINE = 1_000_000
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


async def spawn(program: Program) -> tuple[asyncio.subprocess.Process, asyncio.StreamReader]:
    """The process, and what it prints. Raises StackError when its binary is missing, OSError when the system refuses."""
    # A pipe of our own: with asyncio's, wait() waits for whoever still holds it, such as an orphaned grandchild.
    read_end, write_end = os.pipe()
    try:
        reader, transport = await _reader(read_end)
        try:
            return await _start(program, output=write_end), reader
        except BaseException:
            transport.close()
            raise
    finally:
        os.close(write_end)


async def _start(program: Program, *, output: int) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *program.command,
            env=dict(program.env), cwd=program.cwd,
            stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output,
            # A session of its own: Ctrl-C in the terminal is for us; we stop the others in order.
            start_new_session=True, preexec_fn=_die_with_parent(program.stop_signal, os.getpid()),
            **run_as(program.account),
        )  # fmt: skip
    except FileNotFoundError as error:
        raise StackError(
            f"{program.name} cannot start: {error.filename} is missing.",
            remedy="Delete .venv and run `make up` again: it installs every binary anew.",
        ) from error


async def lines_of(reader: asyncio.StreamReader) -> AsyncIterator[str]:
    """Until everybody who holds the other end is gone."""
    while True:
        try:
            raw = await reader.readline()
        except ValueError:
            continue  # longer than any line of ours; the reader has dropped it
        if not raw:
            return
        yield raw.decode(errors="replace").rstrip()


def signal_group(pid: int, number: signal.Signals) -> None:
    """The process leads its own group, whose id stays taken as long as a member lives."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


async def _reader(read_end: int) -> tuple[asyncio.StreamReader, asyncio.ReadTransport]:
    reader = asyncio.StreamReader(limit=_LONGEST_LINE)
    # The transport closes the descriptor at the end of the stream.
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", buffering=0)
    )
    return reader, transport


def _die_with_parent(number: signal.Signals, parent: int) -> Callable[[], None]:
    def set_signal() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return set_signal
