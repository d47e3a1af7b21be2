"""The queue port. A message is a wake-up, never the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from apps.platform.json import Json

ZERO = timedelta(0)


@dataclass(frozen=True)
class Message:
    """One delivery of one message; `receipt` is good for this delivery only."""

    queue: str
    id: str
    receipt: str
    payload: Json
    receives: int


@dataclass(frozen=True)
class Depth:
    """What a queue holds. A driver may count approximately (SQS does)."""

    ready: int
    in_flight: int
    delayed: int
    dead: int


class Queue(Protocol):
    """At least once: a message not acknowledged before its visibility ends comes back; order is not promised.

    After `queue_max_receives` deliveries a message moves to the dead-letter queue of its queue instead of coming back.
    Every call may raise Transient (try again) or Permanent (the queue or the right to it is missing).
    """

    def publish(self, queue: str, payloads: Sequence[Json], *, delay: timedelta = ZERO) -> None:
        """All of them are stored when this returns; on an error some may be."""

    def receive(self, queue: str, *, limit: int, visibility: timedelta, wait: timedelta = ZERO) -> list[Message]:
        """Up to `limit` messages, hidden from others for `visibility`; blocks up to `wait` for the first, without polling."""

    def extend(self, message: Message, *, visibility: timedelta) -> bool:
        """Hide it for `visibility` from now; False if this delivery no longer holds the message."""

    def ack(self, messages: Sequence[Message]) -> None:
        """Delete them. A stale receipt deletes nothing."""

    def depth(self, queue: str) -> Depth: ...
