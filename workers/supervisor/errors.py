"""Why the stack cannot run. Always a cause and a remedy, each one line; never a stack trace."""

from __future__ import annotations

from apps.platform.errors import TraceError


class StackError(TraceError):
    """`cause` says what is wrong, `remedy` what to do. Nothing has been destroyed when this is raised."""

    def __init__(self, cause: str, *, remedy: str) -> None:
        super().__init__(f"{cause}\n  → {remedy}")
        self.cause = cause
        self.remedy = remedy
