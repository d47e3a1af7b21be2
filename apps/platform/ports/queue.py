"""The queue port. A message is a wake-up, never the truth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from apps.platform.errors import Permanent
from apps.platform.json import Json

ZERO = timedelta(0)
# The narrowest limits of any driver hold for all: what works on a laptop works on SQS.
MAX_BODY_BYTES = 256 * 1024
MAX_DELAY = timedelta(minutes=15)
MAX_VISIBILITY = timedelta(hours=12)


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
    Times may be rounded up to whole seconds. Every call may raise Transient (try again) or Permanent (the queue or the
    right to it is missing, or a limit above is broken).
    """

    def publish(self, queue: str, payloads: Sequence[Json], *, delay: timedelta = ZERO) -> None:
        """All of them are stored when this returns; on an error some may be."""

    def receive(self, queue: str, *, limit: int, visibility: timedelta, wait: timedelta = ZERO) -> list[Message]:
        """Up to `limit` messages, hidden from others for `visibility`; blocks up to `wait` for the first, without polling."""

    def extend(self, message: Message, *, visibility: timedelta) -> bool:
        """Hide it for `visibility` from now; False if this delivery no longer holds the message."""

    def ack(self, messages: Sequence[Message]) -> None:
        """Delete them. A receipt of an earlier delivery is no error; it deletes nothing where the driver can tell."""

    def depth(self, queue: str) -> Depth: ...

    def close(self) -> None:
        """Let go of connections; a later call opens them again."""


def encode(payload: Json) -> str:
    """The body of a message, the same in every driver."""
    try:
        body = json.dumps(payload, allow_nan=False, separators=(",", ":"))
    except ValueError as error:
        raise Permanent(f"a queue payload must be JSON: {error}") from error
    if (size := len(body.encode())) > MAX_BODY_BYTES:
        raise Permanent(
            f"a queue payload of {size:,} bytes is over {MAX_BODY_BYTES:,}; put it in the object store and send its key"
        )
    return body


def check_delay(delay: timedelta) -> None:
    if not ZERO <= delay <= MAX_DELAY:
        raise Permanent(f"a queue delay is between 0 and {MAX_DELAY}, not {delay}; later work belongs in a table")


def check_visibility(visibility: timedelta) -> None:
    if not ZERO <= visibility <= MAX_VISIBILITY:
        raise Permanent(f"a visibility is between 0 and {MAX_VISIBILITY}, not {visibility}")
