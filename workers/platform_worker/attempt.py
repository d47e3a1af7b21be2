"""One attempt of one task, from the claim to the answer to its completion."""

from __future__ import annotations

import itertools
import time
from typing import NamedTuple

from apps.platform.contracts import Claimed, Progress
from apps.platform.ports.queue import Message
from workers.platform_worker.journal import Journal

_numbers = itertools.count(1)
# Of the order, what the operator's process needs. Not the secrets: they come in its environment.
_TOLD = {"config", "arrived", "fired", "outputs", "inputs", "state", "resets_outputs"}


class Pair(NamedTuple):
    """What a child process is bound to. The memory as well: a limit cannot be raised again.

    The org by its number: ids hash in Python, and every task is looked up by its pair several times.
    """

    org: int
    operator: str
    memory_mb: int


class Attempt:
    def __init__(self, claimed: Claimed, message: Message | None) -> None:
        self.claimed = claimed
        self.message = message
        self.serial = next(_numbers)
        self.task_id = claimed.task_id
        self.token = claimed.capability_token
        order = claimed.task
        self.pair = Pair(order.org_id.int, order.operator, order.memory_mb)
        self.fence = f'"task_id":"{claimed.task_id}","attempt":{claimed.attempt},"lease_token":"{claimed.lease_token}"'
        self.journal = Journal()
        self.progress: Progress | None = None
        self.has_news = False
        self.is_canceled = False
        # The worker stops: whoever claims it next goes on.
        self.is_handed_back = False
        self.is_lost = False
        self.is_over = False
        # When its process is killed if it still runs; None while nobody asked it to stop.
        self.kill_at: float | None = None
        # Worker clocks are never compared with the database's: a lease is counted from when we heard of it.
        self.claimed_at = time.monotonic()
        self.lease_until = self.claimed_at + claimed.lease_seconds
        self.beat_at = self.claimed_at + self.beat_seconds
        self.beaten_at = self.claimed_at

    @property
    def beat_seconds(self) -> float:
        return min(self.claimed.task.heartbeat_seconds, self.claimed.lease_seconds / 3)

    @property
    def timeout_seconds(self) -> float | None:
        return self.claimed.task.timeout_seconds

    @property
    def is_unwanted(self) -> bool:
        return self.is_canceled or self.is_handed_back or self.is_lost

    def order(self) -> str:
        """As its child process reads it."""
        told = self.claimed.task.model_dump_json(include=_TOLD)
        return f'{{"serial":{self.serial},"task_id":"{self.task_id}","attempt":{self.claimed.attempt},{told[1:]}'

    def item(self, body: str) -> str:
        """One item of a batch: the body behind the fence."""
        return f'{{"capability_token":"{self.token}","body":{{{self.fence},{body}}}}}'
