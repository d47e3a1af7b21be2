"""Where the head of a chain is asked for. The gateway is the only way to a chain, and speaks for its pools."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from apps.platform.errors import Transient


class Head(Protocol):
    @property
    def number(self) -> int: ...

    @property
    def hash(self) -> str: ...

    @property
    def seen_at(self) -> datetime:
        """When a provider was heard to say so, not when it was asked for."""
        ...

    @property
    def finalized(self) -> int | None: ...


class HeadSource(Protocol):
    """The newest head that a pool knows; raises a ServiceError where it knows none, or cannot be asked."""

    def head(self, pool: str) -> Head: ...


class NoGateway:
    """What is asked where nobody said who answers."""

    def head(self, pool: str) -> Head:
        raise Transient(f"no RPC gateway is set up here that could be asked for the head of pool {pool}")


_source: HeadSource = NoGateway()


def ask_at(source: HeadSource) -> None:
    """Of this process: called once, by the floor that knows the gateway."""
    global _source  # noqa: PLW0603  it is what a process is set up with, as a driver is
    _source = source


def head_source() -> HeadSource:
    return _source
