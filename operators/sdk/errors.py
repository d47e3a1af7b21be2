"""What an operator raises on purpose; anything else is a bug, and may be tried again.

OperatorError          `code` is stable, the message says what to do
├── ConfigurationError the job cannot work as it is configured or wired
└── InputError         what it was given cannot be used
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
