"""What a tick says of a chain.

No clock of a worker is read: the tick's own instant, which the database gave, is held against the time in the block, which the chain
gave, and against the tick at which that block was first seen. A chain whose clock is ahead would never look old by the first alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from operators.liveliness_monitor.config import LivelinessMonitorConfig
from operators.liveliness_monitor.looking import Look, Seen


class Status(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    STALLED = "stalled"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Memory:
    """The block that was the last one, and the tick at which it first was."""

    number: int
    hash: str
    since: datetime

    @classmethod
    def read(cls, said: Any) -> Memory | None:
        return cls(int(said["number"]), said["hash"], datetime.fromisoformat(said["since"])) if said else None

    def written(self) -> dict[str, str]:
        # As text: a number may pass what a double holds.
        return {"number": str(self.number), "hash": self.hash, "since": self.since.isoformat()}


@dataclass(frozen=True)
class Verdict:
    status: Status
    reason: str | None = None
    seen: Seen | None = None
    seconds_since: float | None = None
    memory: Memory | None = None

    def row(self, chain_id: int, at: datetime) -> Mapping[str, Any]:
        seen = self.seen
        return {
            "chain_id": chain_id, "scheduled_at": at, "status": self.status.value,
            "block_number": seen.number if seen else None,
            "block_timestamp": datetime.fromtimestamp(seen.timestamp, UTC) if seen else None,
            "seconds_since": self.seconds_since, "reason": self.reason,
        }  # fmt: skip


def judge(look: Look, memory: Memory | None, config: LivelinessMonitorConfig, *, at: datetime) -> Verdict:
    seen = look.highest
    if seen is None:
        why = "; ".join(f"{name}: {reason}" for name, reason in look.silent.items())
        return Verdict(Status(config.without_answer), f"No provider answered. {why}"[:500], memory=memory)
    is_same = memory is not None and (memory.number, memory.hash) == (seen.number, seen.hash)
    now = memory if memory and is_same else Memory(seen.number, seen.hash, at)
    # A task that runs late sees blocks that are newer than its tick.
    since = max((at - datetime.fromtimestamp(seen.timestamp, UTC)).total_seconds(), (at - now.since).total_seconds(), 0.0)
    status, reason = _by_age(since, config)
    if status is Status.OK and memory and seen.number < memory.number:
        status, reason = Status.DEGRADED, f"The head went back from block {memory.number:,} to {seen.number:,}."
    return Verdict(status, reason, seen, since, now)


def _by_age(since: float, config: LivelinessMonitorConfig) -> tuple[Status, str | None]:
    usual = f"where one is usual every {config.expected_block_seconds:g} s"
    if since >= config.stalled_after_seconds:
        return Status.STALLED, f"No new block for {since:,.0f} s, {usual}."
    if since >= config.degraded_after_seconds:
        return Status.DEGRADED, f"No new block for {since:,.0f} s, {usual}."
    return Status.OK, None
