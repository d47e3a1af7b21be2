"""Directories of child processes, below one of their worker's that says by a lock whether it lives."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import threading
from pathlib import Path

_PREFIX = "trace-worker-"


class Homes:
    """A worker that is killed cannot clear up: the next one on this machine does, for whoever holds no lock any more."""

    def __init__(self) -> None:
        _clear_leftovers()
        self._making = threading.Lock()
        self._root, self._lock = _root_and_lock()

    def new(self) -> str:
        with self._making:
            # What clears temporary files of a certain age does not ask for our lock.
            if not self._root.exists():
                old, (self._root, self._lock) = self._lock, _root_and_lock()
                os.close(old)
            return tempfile.mkdtemp(prefix="child-", dir=self._root)

    def end(self) -> None:
        shutil.rmtree(self._root, ignore_errors=True)
        os.close(self._lock)


def _root_and_lock() -> tuple[Path, int]:
    while True:
        root = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = locked(root)
        if lock is not None:
            return root, lock


def locked(root: Path) -> int | None:
    """The kernel lets go of it, however we end. None where another one who started found and cleared it before it was locked."""
    try:
        lock = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return None
    fcntl.flock(lock, fcntl.LOCK_EX)
    if root.exists():
        return lock
    os.close(lock)
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
