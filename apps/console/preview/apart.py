"""Has the first rows of a file decoded by another process, which may fail without taking this one along."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from apps.console.preview import decoding
from apps.console.preview.files import TOO_LONG, BudgetedFile
from apps.console.preview.shown import Rows, Unread

_ROOT = Path(__file__).parents[3]
_BEGINS_WITHIN_SECONDS = 10.0
# 100 rows of 100 columns, each value as long as it may be.
_LONGEST_ANSWER = 128 * 1024 * 1024
# Each may take its limit of memory: so many of them does a web process bear.
_ROOM = BoundedSemaphore(2)
# Without keys and addresses of this process. mimalloc reserves more than the limit of memory is.
_SURROUNDINGS = {"PYTHONPATH": str(_ROOT), "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1"}


def first_rows(file: BudgetedFile, declared: Mapping[str, str], *, leave_out: Collection[str], limit: int) -> Rows:
    """`leave_out`: columns, folded, that are not read at all. Raises Unread for what is no Parquet file, or takes too much."""
    asked = {"size": file.size, "declared": dict(declared), "leave_out": sorted(leave_out), "limit": limit}
    if not _ROOM.acquire(timeout=_BEGINS_WITHIN_SECONDS):
        raise Unread("Several previews are read at this moment. Look again in a moment.")
    try:
        with _child() as child:
            return _answer(child, file, asked)
    finally:
        _ROOM.release()


@contextmanager
def _child() -> Iterator[Connection[bytes, bytes]]:
    here, there = Pipe()
    with here:
        with there:
            fd = there.fileno()
            process = subprocess.Popen(
                [sys.executable, "-m", decoding.__name__, str(fd)], pass_fds=[fd], cwd=_ROOT, env=_SURROUNDINGS,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        try:
            yield here
        finally:
            process.kill()
            process.wait()


def _answer(child: Connection[bytes, bytes], file: BudgetedFile, asked: Mapping[str, Any]) -> Rows:
    _send(child, json.dumps(asked).encode())
    said = _said(child, _BEGINS_WITHIN_SECONDS)
    # Its time begins when it reads: a busy machine takes seconds to begin a process.
    file.restart_clock()
    while "start" in said:
        file.seek(said["start"])
        _send(child, file.read(said["length"]))
        said = _said(child, file.seconds_left())
    if "unread" in said:
        raise Unread(said["unread"])
    return Rows([(name, kind) for name, kind in said["columns"]], said["rows"], said["more_columns"])


def _said(child: Connection[bytes, bytes], seconds: float) -> dict[str, Any]:
    try:
        if not child.poll(seconds):
            raise Unread(TOO_LONG)
        found: dict[str, Any] = json.loads(child.recv_bytes(_LONGEST_ANSWER))
    except (EOFError, OSError):
        # The system ended it: memory that was asked for in C, or its time.
        raise Unread(decoding.TOO_LARGE) from None
    return found


def _send(child: Connection[bytes, bytes], body: bytes) -> None:
    try:
        child.send_bytes(body)
    except OSError:
        raise Unread(decoding.TOO_LARGE) from None
