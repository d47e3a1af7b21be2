"""Directories of child processes, below one of their worker's that says by a lock whether it lives."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

_PREFIX = "trace-worker-"


class Homes:
    """A worker that is killed cannot clear up: the next one on this machine does, for whoever holds no lock any more."""

    def __init__(self) -> None:
        _clear_leftovers()
        while not (made := _made_and_locked()):
            continue
        # The kernel lets go of it, however we end.
        self._root, self._lock = made

    def new(self) -> str:
        return tempfile.mkdtemp(prefix="child-", dir=self._root)

    def end(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)
        os.close(self._lock)


def _made_and_locked() -> tuple[Path, int] | None:
    root = Path(tempfile.mkdtemp(prefix=_PREFIX))
    lock = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    if root.exists():
        return root, lock
    os.close(lock)  # another one who started found it before it was locked
    return None


def _clear_leftovers() -> None:
    """Of this user: what others leave is not ours to judge."""
    for directory in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            _clear(directory)


def _clear(directory: Path) -> None:
    # Not through a link, which anybody may put into a directory for all.
    lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(lock).st_uid == os.getuid():
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory, ignore_errors=True)
    finally:
        os.close(lock)
