"""Lines that attempts write: kept in the order of their numbers, each once, up to a bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from apps.dispatch.domain import LETTERS, LogLevel
from apps.dispatch.services.fences import StaleFence
from apps.dispatch.services.rows import rows
from apps.platform.contracts import LogAnswer, LogBatch, LogLine
from apps.platform.errors import Conflict
from apps.platform.telemetry import redactor

# Of one attempt. What is said beyond is counted.
MOST_LINES, MOST_BYTES = 200_000, 32 * 1024 * 1024

_RELAXED = "SET LOCAL synchronous_commit = off"
# The last attempt may still write after its lease ran out: its last words are what people look for.
_LOCK = """
SELECT a.id, a.org_id, a.log_lines, a.log_bytes, a.log_dropped FROM dispatch_attempt AS a
JOIN dispatch_task AS t ON t.id = a.task_id AND t.lease_token = %(token)s AND t.attempt = a.number
WHERE a.task_id = %(task_id)s AND a.number = %(attempt)s FOR NO KEY UPDATE OF a
"""
_APPEND = """
INSERT INTO dispatch_logchunk (id, org_id, task_id, attempt, first_line, lines, at_ms, levels, texts)
VALUES (uuidv7(), %(org_id)s, %(task_id)s, %(attempt)s, %(first)s, %(lines)s, %(at_ms)s::bigint[], %(levels)s, %(texts)s::text[])
"""
_COUNT = """
UPDATE dispatch_attempt SET log_lines = log_lines + %(lines)s, log_bytes = log_bytes + %(bytes)s, log_dropped = log_dropped + %(dropped)s
WHERE task_id = %(task_id)s AND id = %(id)s
"""
# Whoever follows looks again; the notice carries no line.
_TELL = "SELECT pg_notify('trace_live', %(task_id)s::text)"


@transaction.atomic
def append(batch: LogBatch) -> LogAnswer:
    """What is there already is passed over; a gap is refused with the number that is expected."""
    with connection.cursor() as cursor:
        cursor.execute(_RELAXED)
        cursor.execute(_LOCK, {"task_id": batch.task_id, "attempt": batch.attempt, "token": batch.lease_token})
        found = rows(cursor)
        if not found:
            raise StaleFence
        attempt = found[0]
        seen = attempt.log_lines + attempt.log_dropped
        if batch.first_line > seen:
            raise Conflict(f"Line {seen} is expected next, not {batch.first_line}.", code="log_gap", detail={"next_line": seen})
        fresh = batch.lines[seen - batch.first_line :]
        kept = _kept(fresh, lines=MOST_LINES - attempt.log_lines, size=MOST_BYTES - attempt.log_bytes)
        fence: dict[str, Any] = {"task_id": batch.task_id, "attempt": batch.attempt}
        if kept:
            texts = [_clean(line.text) for line in kept]
            cursor.execute(_APPEND, {
                **fence, "org_id": attempt.org_id, "first": attempt.log_lines, "lines": len(kept), "texts": texts,
                "at_ms": [int(line.at.timestamp() * 1000) for line in kept], "levels": "".join(LETTERS[LogLevel(line.level)] for line in kept),
            })  # fmt: skip
        if fresh:
            size = sum(len(line.text) for line in kept)
            cursor.execute(
                _COUNT, {**fence, "id": attempt.id, "lines": len(kept), "bytes": size, "dropped": len(fresh) - len(kept)}
            )
            cursor.execute(_TELL, fence)
    return LogAnswer(task_id=batch.task_id, next_line=seen + len(fresh), full=len(kept) < len(fresh))


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
    return redactor.text(text).replace("\x00", "\ufffd")
