"""How a command ends, and the errors that end it.

Stopped             a message, and what to do about it
├── Misused         2    the command, a file or the settings
├── Refused         3    Trace said no, or has no such thing
└── Unreachable     4    nobody answered, or not as Trace does
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, ClassVar


class Exit(IntEnum):
    FINE = 0
    PROBLEMS = 1
    USAGE = 2
    REFUSED = 3
    UNREACHABLE = 4
    INTERRUPTED = 130


MEANINGS = {
    Exit.FINE: "done, and nothing is wrong",
    Exit.PROBLEMS: "a document has problems, or a run failed; what is wrong is printed",
    Exit.USAGE: "wrong usage: an argument, a file that cannot be read, the settings",
    Exit.REFUSED: "Trace refused it (401, 403, 409 …) or has no such org, DAG or version (404), with its reason",
    Exit.UNREACHABLE: "Trace could not be reached, failed, or something else answered at its address",
    Exit.INTERRUPTED: "Ctrl-C (0 where it ends --watch)",
}
# Of a command that sends no document.
PLAIN_EXITS = (Exit.FINE, Exit.USAGE, Exit.REFUSED, Exit.UNREACHABLE, Exit.INTERRUPTED)


class Stopped(Exception):
    exit: ClassVar[Exit]

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Misused(Stopped):
    exit = Exit.USAGE


class Refused(Stopped):
    """`errors`: where Trace lists several, as it does of a document."""

    exit = Exit.REFUSED

    def __init__(
        self, message: str, *, hint: str = "", status: int = 0, code: str = "", errors: Sequence[dict[str, Any]] = ()
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.errors = errors


class Unreachable(Stopped):
    exit = Exit.UNREACHABLE
