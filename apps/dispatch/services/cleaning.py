"""What is past its time goes: months of tasks, hours of counts. Never anything that is not over."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

_OLD_HOURS = "DELETE FROM dispatch_handedhour WHERE hour < now() - interval '2 days'"
# The first id, and the first moment, of the oldest month that is kept.
_KEPT_SINCE = """
SELECT dispatch_id_at(first), first
FROM (SELECT date_trunc('month', greatest(clock_timestamp() - make_interval(months => %(months)s), '1971-01-01'), 'UTC')) AS kept(first)
"""
# Both walk the primary key, so that no task pays for an index that serves them alone. A key is as old as its task, or a moment
# younger; one whose month lives on because something of it does is left.
_FORGET_KEYS = """
WITH bite AS MATERIALIZED (
    SELECT id, task_id FROM dispatch_dedupe WHERE id > %(after)s AND id < %(before)s ORDER BY id LIMIT %(limit)s
), gone AS (
    DELETE FROM dispatch_dedupe AS d USING bite
    WHERE d.id = bite.id AND NOT EXISTS (SELECT FROM dispatch_task AS t WHERE t.id = bite.task_id)
)
SELECT id FROM bite ORDER BY id DESC LIMIT 1
"""
# What a number led to may be a month younger than the number. Whoever begins at 1 again would meet the keys of old numbers, and be
# taken for them: where a month of theirs lives on, its keys do, and the count stays.
_FORGET_COUNTS = """
WITH bite AS MATERIALIZED (
    SELECT id, raised_at FROM dispatch_materialisation WHERE id > %(after)s AND id < %(before)s ORDER BY id LIMIT %(limit)s
), living AS MATERIALIZED (
    SELECT first, dispatch_id_at(first + interval '1 month') AS ends
    FROM pg_inherits, to_timestamp(right(inhrelid::regclass::text, 6) || '+00', 'YYYYMMTZH') AS first
    WHERE inhparent = 'dispatch_task'::regclass
), gone AS (
    DELETE FROM dispatch_materialisation AS m USING bite
    WHERE m.id = bite.id AND m.raised_at = bite.raised_at AND bite.raised_at < %(first)s - interval '1 month'
        AND NOT EXISTS (SELECT FROM living WHERE bite.id < living.ends AND living.first <= bite.raised_at + interval '1 month')
)
SELECT id FROM bite ORDER BY id DESC LIMIT 1
"""
_BITE = 5_000


def turn_months(*, keep_months: int) -> int:
    """Months to come are made ready, old ones dropped whole; how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT dispatch_turn_months(%s)", [keep_months])
        (gone,) = cursor.fetchone() or (0,)
        cursor.execute(_OLD_HOURS)
    for statement in (_FORGET_KEYS, _FORGET_COUNTS):
        _forget(statement, keep_months=keep_months)
    return int(gone)


def _forget(statement: str, *, keep_months: int) -> None:
    """Bite by bite, each a transaction of its own."""
    last: UUID | None = UUID(int=0)
    with connection.cursor() as cursor:
        cursor.execute(_KEPT_SINCE, {"months": keep_months})
        before, first = cursor.fetchone() or (last, None)
        while last is not None:
            cursor.execute(statement, {"after": last, "before": before, "first": first, "limit": _BITE})
            (last,) = cursor.fetchone() or (None,)
