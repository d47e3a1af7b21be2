"""How far a stream of chain_sync may go, and how that is said. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


class StreamState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    # It would go on, and cannot: the reason says what is missing.
    STALLED = "stalled"


class RangeState(StrEnum):
    # A task is at it, or will be.
    PLANNED = "planned"
    DONE = "done"
    # Nobody tries it again by itself.
    FAILED = "failed"


@dataclass(frozen=True)
class Plan:
    """What the document says of a stream. `to_block` is where it stops, and NULL of one that follows the head."""

    entrypoint: str
    chain_id: int
    pool: str
    cryo_dataset: str
    from_block: int
    to_block: int | None
    tail_lag: int
    poll_seconds: int
    head_age_seconds: int
    chunk_size: int
    max_inflight: int

    @property
    def follows(self) -> bool:
        return self.to_block is None


def plan_of(spec: Mapping[str, Any]) -> Plan:
    """Of the job that a stream is, as its version has it."""
    mode, config = spec["mode"], spec["config"]
    return Plan(
        spec["entrypoint"], config["chain_id"], spec["rpc_pool"], spec["cryo_dataset_name"], mode["from_block"], mode.get("to_block"),
        mode.get("tail_lag", 0), mode.get("head_poll_interval_seconds", 5), mode.get("max_head_age_seconds", 30),
        spec["chunk_size"], spec["max_inflight"],
    )  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """`block`: the first that may not be planned; None where nothing may be, for a reason."""

    block: int | None
    reason: str = ""


def limit_of(plan: Plan, head: int | None, seen_at: datetime | None, problem: str, *, now: datetime) -> Limit:
    """Of one that follows the head: the last block that is `tail_lag` behind it is its last."""
    if plan.to_block is not None:
        return Limit(plan.to_block)
    said = f" The gateway says: {problem}" if problem else ""
    if head is None or seen_at is None:
        return Limit(
            None,
            f"The head of chain {plan.chain_id} has not been seen in pool `{plan.pool}` yet: nothing is planned until it is.{said}",
        )
    age = now - seen_at
    if age > timedelta(seconds=plan.head_age_seconds):
        return Limit(
            None, f"The head of chain {plan.chain_id} was last seen {_seconds(age)} ago, and `max_head_age_seconds` is {plan.head_age_seconds}:"
            f" nothing is planned until it is seen again. Look at the providers of pool `{plan.pool}`.{said}",
        )  # fmt: skip
    return Limit(max(head - plan.tail_lag + 1, plan.from_block))


def _seconds(age: timedelta) -> str:
    return f"{age.total_seconds():,.0f} s"


# How much of a stream was done lately is kept in slots of so many seconds, for so many seconds.
SLOT_SECONDS, WINDOW_SECONDS = 15, 300
Pace = Sequence[Sequence[int]]


def noted(pace: Pace, blocks: int, rows: int, *, now: datetime) -> list[list[int]]:
    """With what was done just now; without what is too old to count."""
    slot = int(now.timestamp()) // SLOT_SECONDS * SLOT_SECONDS
    kept = [list(one) for one in pace if one[0] > slot - WINDOW_SECONDS]
    if kept and kept[-1][0] == slot:
        kept[-1] = [slot, kept[-1][1] + blocks, kept[-1][2] + rows]
        return kept
    return [*kept, [slot, blocks, rows]]


@dataclass(frozen=True)
class Rate:
    blocks: float
    rows: float


def rate_of(pace: Pace, since: datetime | None, *, now: datetime) -> Rate:
    """A second, over the last minutes; over less where it began since."""
    at = now.timestamp()
    counted = [one for one in pace if one[0] > at - WINDOW_SECONDS]
    lasting = min(WINDOW_SECONDS, max(SLOT_SECONDS, at - since.timestamp() if since else WINDOW_SECONDS))
    return Rate(sum(one[1] for one in counted) / lasting, sum(one[2] for one in counted) / lasting)


def eta_seconds(left: int | None, blocks_per_second: float) -> int | None:
    """None: nobody can say."""
    if left is None or (left > 0 and blocks_per_second <= 0):
        return None
    return 0 if left <= 0 else round(left / blocks_per_second)
