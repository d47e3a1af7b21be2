"""What the terminal shows: prefixed lines in colour, and on a real terminal one live status line below them."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from datetime import datetime
from typing import TextIO

_COLOURS = (36, 35, 34, 33, 32, 96, 95, 94, 93, 92)
_LEVEL_COLOURS = {"warning": 33, "error": 31, "critical": 31}
_SHOWN = frozenset(_LEVEL_COLOURS)
# What the lines of a program's log say of the event itself, rather than around it.
_AROUND = frozenset({"event", "level", "logger", "timestamp", "request_id"})


class Console:
    def __init__(self, *, verbose: bool, stream: TextIO = sys.stdout) -> None:
        self._verbose = verbose
        self._stream = stream
        self._live = stream.isatty()
        self._colour_of: dict[str, int] = {}
        self.status: Callable[[], str] = str
        self._has_status = True

    def say(self, text: str, *, name: str = "trace", colour: int = 1) -> None:
        """A line of the supervisor's own."""
        self._line(name, self._paint(text, colour))

    def relay(self, name: str, raw: str) -> None:
        """A line of a process: shown if it is a warning or worse, or if everything is asked for."""
        level, text = read_line(raw)
        if self._verbose or level in _SHOWN:
            self._line(name, self._paint(text, _LEVEL_COLOURS.get(level, 0)))

    def announce(self, text: str) -> None:
        """A line that programs read as well: nothing before it, nothing after."""
        self.clear_status()
        self._write(f"{text}\n")

    def refresh(self) -> None:
        """Redraw the status line in place."""
        if self._live and self._has_status:
            width = shutil.get_terminal_size().columns - 1
            self._write(f"\r\x1b[K\x1b[2m{self.status()[:width]}\x1b[0m")

    def end_status(self) -> None:
        """What comes now is the end: nothing is drawn below it."""
        self.clear_status()
        self.status = str
        self._has_status = False

    def clear_status(self) -> None:
        if self._live:
            self._write("\r\x1b[K")

    def _line(self, name: str, text: str) -> None:
        self.clear_status()
        number = self._colour_of.setdefault(name, _COLOURS[len(self._colour_of) % len(_COLOURS)])
        self._write(f"{datetime.now().astimezone():%H:%M:%S} {self._paint(f'{name:<11}', number)} {text}\n")
        self.refresh()

    def _write(self, text: str) -> None:
        """A closed terminal or a full disk loses lines, never the supervision."""
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            pass

    def _paint(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._live and colour else text


def read_line(raw: str) -> tuple[str, str]:
    """(level, compact text) of one line: our JSON, Postgres, Go's or anything else."""
    if raw.startswith("{"):
        try:
            event = json.loads(raw)
            rest = " ".join(f"{key}={value}" for key, value in event.items() if key not in _AROUND)
            return str(event.get("level", "info")), f"{event.get('event', '')} {rest}".strip()
        except (ValueError, RecursionError):
            pass
    return _plain_level(raw), raw


def _plain_level(raw: str) -> str:
    head = raw[:120]
    if any(word in head for word in ("PANIC", "FATAL:", "CRITICAL", "panic:")):
        return "critical"
    if any(word in head for word in ("ERROR:", "ERROR/", "Traceback")):
        return "error"
    return "info"
