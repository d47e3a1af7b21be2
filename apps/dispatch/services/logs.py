"""Lines that attempts write: kept in the order of their numbers, each once, up to a bound."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.backends.utils import CursorWrapper

from apps.dispatch.domain import LETTERS, Cause, LogLevel, oldest_of
from apps.dispatch.services.fences import StaleFence
from apps.orm.prepared import prepared_cursor
from apps.orm.rows import rows
from apps.platform.contracts import LogAnswer, LogBatch, LogLine
from apps.platform.errors import Conflict
from apps.platform.telemetry import redactor
from apps.platform.text import printable

# Of one attempt. What is said beyond is counted; of a source that never ends the oldest lines go, and the newest stay.
MOST_LINES, MOST_BYTES = 200_000, 32 * 1024 * 1024

_RELAXED = "SET LOCAL synchronous_commit = off"
# The last attempt may still write after its lease ran out: its last words are what people look for.
_LOCK = """
SELECT a.id, a.org_id, a.log_lines, a.log_bytes, a.log_dropped, t.cause FROM dispatch_attempt AS a
JOIN dispatch_task AS t ON t.id = a.task_id AND t.lease_token = %(token)s AND t.attempt = a.number
WHERE a.task_id = %(task_id)s AND a.number = %(attempt)s AND a.id >= %(since)s FOR NO KEY UPDATE OF a
"""
_APPEND = """
INSERT INTO dispatch_logchunk (id, org_id, task_id, attempt, first_line, lines, at_ms, levels, texts)
VALUES (uuidv7(), %(org_id)s, %(task_id)s, %(attempt)s, %(first)s, %(lines)s, %(at_ms)s::bigint[], %(levels)s, %(texts)s::text[])
"""
_COUNT = """
UPDATE dispatch_attempt SET log_lines = log_lines + %(lines)s, log_bytes = greatest(0, log_bytes + %(bytes)s), log_dropped = log_dropped + %(dropped)s
WHERE task_id = %(task_id)s AND id = %(id)s
"""
# By whole chunks.
_DROP = """
DELETE FROM dispatch_logchunk WHERE task_id = %(task_id)s AND attempt = %(attempt)s AND id >= %(since)s AND first_line + lines <= %(until)s
RETURNING lines, (SELECT coalesce(sum(length(one)), 0) FROM unnest(texts) AS one)
"""
# Whoever follows looks again; the notice carries no line.
_TELL = "SELECT pg_notify('trace_live', %(task_id)s::text)"


@transaction.atomic
def append(batch: LogBatch) -> LogAnswer:
    """What is there already is passed over; a gap is refused with the number that is expected."""
    fence: dict[str, Any] = {"task_id": batch.task_id, "attempt": batch.attempt, "since": oldest_of([batch.task_id])}
    with prepared_cursor() as cursor:
        cursor.execute(_RELAXED)
        cursor.execute(_LOCK, fence | {"token": batch.lease_token})
        found = rows(cursor)
        if not found:
            raise StaleFence
        attempt = found[0]
        seen = attempt.log_lines + attempt.log_dropped
        if batch.first_line > seen:
            raise Conflict(f"Line {seen} is expected next, not {batch.first_line}.", code="log_gap", detail={"next_line": seen})
        fresh = batch.lines[seen - batch.first_line :]
        if attempt.cause == Cause.SOURCE:
            kept, gone = fresh, _drop_oldest(cursor, attempt, fence)
        else:
            kept, gone = _kept(fresh, lines=MOST_LINES - attempt.log_lines, size=MOST_BYTES - attempt.log_bytes), (0, 0)
        if kept:
            texts = [_clean(line.text) for line in kept]
            cursor.execute(_APPEND, {
                **fence, "org_id": attempt.org_id, "first": seen, "lines": len(kept), "texts": texts,
                "at_ms": [int(line.at.timestamp() * 1000) for line in kept],
                "levels": "".join(LETTERS[LogLevel(line.level)] for line in kept),
            })  # fmt: skip
        if fresh:
            lines, size = len(kept) - gone[0], sum(len(line.text) for line in kept) - gone[1]
            cursor.execute(_COUNT, {**fence, "id": attempt.id, "lines": lines, "bytes": size, "dropped": len(fresh) - lines})
            cursor.execute(_TELL, fence)
    return LogAnswer(task_id=batch.task_id, next_line=seen + len(fresh), full=len(kept) < len(fresh))


def _drop_oldest(cursor: CursorWrapper, attempt: Any, fence: Mapping[str, Any]) -> tuple[int, int]:
    """The older half, once there is too much: lines, bytes."""
    if attempt.log_lines < MOST_LINES and attempt.log_bytes < MOST_BYTES:
        return 0, 0
    cursor.execute(_DROP, {**fence, "until": attempt.log_dropped + attempt.log_lines // 2})
    gone = cursor.fetchall()
    return sum(lines for lines, _ in gone), sum(size for _, size in gone)


def _kept(fresh: Sequence[LogLine], *, lines: int, size: int) -> list[LogLine]:
    kept: list[LogLine] = []

    for line in fresh[: max(0, lines)]:
        size -= len(line.text)
        if size < 0:
            break
        kept.append(line)
    return kept


def _clean(text: str) -> str:
    """Without secrets that somebody wrote here, and without what text columns cannot hold."""
    return printable(redactor.text(text))
