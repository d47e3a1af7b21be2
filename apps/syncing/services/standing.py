"""What state a stream is in, and why, in words that say what to do."""

from __future__ import annotations

from typing import Any

from apps.syncing.domain import Plan, StreamState
from apps.syncing.models import SyncStream
from apps.syncing.services.ranges import has_more


def standing_of(stream: SyncStream, job: Any, plan: Plan, missing: str) -> tuple[StreamState, str]:
    """`missing`: what keeps it from being planned at all."""
    if job.paused_at is not None:
        return StreamState.PAUSED, "It is paused: what runs ends, and nothing more is planned or handed out until it is resumed."
    failed = _failed(stream.ranges_failed)
    if missing:
        return StreamState.STALLED, f"{missing} {failed}".rstrip()
    if stream.is_caught_up:
        return _at_the_end(stream, plan)
    if _has_only_failed(stream, plan):
        return StreamState.STALLED, f"{failed} Nothing else is left to do."
    if job.pressed_at is not None:
        return StreamState.RUNNING, f"It is held back: what reads it cannot keep up. {failed}".rstrip()
    return StreamState.RUNNING, failed


def _has_only_failed(stream: SyncStream, plan: Plan) -> bool:
    is_over = stream.ranges_done + stream.ranges_failed == stream.ranges
    return bool(stream.ranges_failed and is_over and not has_more(stream, plan, stream.target or 0))


def _failed(count: int) -> str:
    if not count:
        return ""
    return f"{count:,} range{' has' if count == 1 else 's have'} failed for good: look at the failed tasks, and retry them."


def _at_the_end(stream: SyncStream, plan: Plan) -> tuple[StreamState, str]:
    if plan.to_block is not None:
        return StreamState.DONE, f"All of it is there, up to the block before {plan.to_block:,}."
    chunks = (stream.cursor - plan.from_block) // plan.chunk_size + 1
    ends = plan.from_block + chunks * plan.chunk_size - 1
    return StreamState.RUNNING, (
        f"It is at the head: the next range is planned when block {ends:,} is {plan.tail_lag:,} behind the head, which is at"
        f" {stream.head_number or 0:,}."
    )
