"""Again, whenever a file changes. Asked of the file system twice a second: no library does it on every system and in every container."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from apps.cli.documents import documents_below
from apps.cli.exits import Exit, Stopped
from apps.cli.session import Session

_PERIOD_SECONDS = 0.5
_SETTLE_SECONDS = 0.2
Snapshot = dict[str, tuple[int, int]]


def watch(session: Session, paths: Sequence[str], act: Callable[[], Exit]) -> Exit:
    """Until Ctrl-C, which is how it is meant to end."""
    try:
        seen = snapshot(paths, session.outside.directory)
        while True:
            _act(session, act)
            session.tell("Watching for changes; Ctrl-C ends it.")
            seen = _changed(session, paths, seen)
    except KeyboardInterrupt:
        session.tell("")
        return Exit.FINE


def snapshot(paths: Sequence[str], directory: Path) -> Snapshot:
    """Of what is there: an editor that saves by renaming leaves a moment without the file."""
    found: Snapshot = {}
    for path in paths:
        for file in documents_below(path, directory=directory) if (directory / path).is_dir() else [path]:
            try:
                status = (directory / file).stat()
            except OSError:
                continue
            found[file] = (status.st_mtime_ns, status.st_size)
    return found


def _act(session: Session, act: Callable[[], Exit]) -> None:
    """A file that is broken for a moment, or a server that restarts, does not end the watch."""
    try:
        act()
    except Stopped as stopped:
        session.explain(stopped)


def _changed(session: Session, paths: Sequence[str], seen: Snapshot) -> Snapshot:
    """Waits for a change, and then until nothing changes any more: several files are saved at once."""
    sleep, directory = session.outside.sleep, session.outside.directory
    now = snapshot(paths, directory)
    while now == seen:
        sleep(_PERIOD_SECONDS)
        now = snapshot(paths, directory)
    while True:
        sleep(_SETTLE_SECONDS)
        settled = snapshot(paths, directory)
        if settled == now:
            return now
        now = settled
