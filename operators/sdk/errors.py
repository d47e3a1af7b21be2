"""What an operator raises on purpose; anything else is a bug, and may be tried again.

OperatorError          `code` is stable, the message says what to do
├── ConfigurationError the job cannot work as it is configured or wired
└── InputError         what it was given cannot be used
Retry                  not now: what it depends on is away, and another attempt may find it
└── NotYet             nothing is wrong: it comes back by itself, and no attempt is used up
"""

from __future__ import annotations

from typing import ClassVar


class OperatorError(Exception):
    """The attempt failed and another one would fail in the same way."""

    code: ClassVar[str]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ConfigurationError(OperatorError):
    code = "bad_configuration"


class InputError(OperatorError):
    code = "bad_input"


class Retry(Exception):
    """The attempt failed, another one may not; the message says what it waited for."""


class NotYet(Retry):
    """What it waits for has not happened. The task comes back after about so many seconds, and this was no failure. Of operators
    that are trusted; of others it is a Retry like any other.
    """

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds
