"""The container port: one task in a container of its own, as sources that never end need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from apps.platform.errors import Transient

# What is remembered of a container by its handle; an ARN of ECS is below 200.
LONGEST_HANDLE = 300


@dataclass(frozen=True)
class Container:
    """What to start. Whoever asks again with the same `token` means the same container.

    `task_definition` is the vendor's name of an image with its settings; None is the one of the configuration.
    """

    task_id: UUID
    token: str
    cpu_millis: int
    memory_mb: int
    task_definition: str | None = None


class NoRoom(Transient):
    """As many run as may: for another there is room when one of them has ended."""


class Phase(StrEnum):
    # From the moment it was asked for until its last process is gone.
    RUNNING = "running"
    STOPPED = "stopped"
    # Just started, or forgotten: a driver remembers what stopped for an hour.
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class State:
    """`exit_code` is 128 and the signal for one that was killed, None where nobody saw its end."""

    phase: Phase
    exit_code: int | None = None
    reason: str = ""


UNKNOWN = State(Phase.UNKNOWN)


class Containers(Protocol):
    """At least once: a container that was asked for twice runs once where the driver can tell, and the claim tells the rest.

    Every call may raise Transient (try again), `run` also NoRoom, or Permanent (what is asked for cannot be).
    """

    def run(self, container: Container) -> str:
        """Its handle. It was accepted when this returns, and may not run yet."""

    def stop(self, handle: str, *, reason: str) -> None:
        """Asks it to end, and kills it after a grace time; one that has ended or is unknown is no error."""

    def states(self, handles: Sequence[str]) -> Mapping[str, State]:
        """Of each handle that was asked for."""
