"""A full disk, recognised by what a server said before it gave up or by what is left."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from workers.supervisor.errors import StackError

_SAID = ("no space left on device", "wrote only", "disk full")
_NEXT_TO_NOTHING = 1_000_000


def full_disk(name: str, lines: Iterable[str], directory: Path) -> StackError | None:
    text = "\n".join(lines).lower()
    if not any(said in text for said in _SAID) and shutil.disk_usage(directory).free > _NEXT_TO_NOTHING:
        return None
    return StackError(
        f"{name} cannot start: the disk that holds {directory} is full.",
        remedy="Free some space and start again; what was there is still there.",
    )
