"""What is past its time goes: months of tasks, hours of counts. Never anything that is not over."""

from __future__ import annotations

from django.db import connection

_OLD_HOURS = "DELETE FROM dispatch_handedhour WHERE hour < now() - interval '2 days'"


def turn_months(*, keep_months: int) -> int:
    """Months to come are made ready, old ones dropped whole; how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT dispatch_turn_months(%s)", [keep_months])
        (gone,) = cursor.fetchone() or (0,)
        cursor.execute(_OLD_HOURS)
    return int(gone)
