"""What the dispatcher claimed for a runtime that cannot take it now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from apps.dispatch.domain import Outcome, Status
from apps.dispatch.services.claiming import Lease
from apps.dispatch.services.ends import End, write_ends
from apps.orm.rows import rows

_LOCK = """
SELECT t.id, t.attempt, t.cancel_requested_at FROM unnest(%(ids)s::uuid[], %(tokens)s::uuid[]) AS held(id, token)
JOIN dispatch_task AS t ON t.id = held.id AND t.lease_token = held.token AND t.status = 'running'
WHERE t.id = ANY(%(ids)s::uuid[]) ORDER BY t.id FOR NO KEY UPDATE OF t
"""
# Not behind the valve: from there it would be handed over at once, by a message beside the one that is being tried again.
_STAY_HANDED = "UPDATE dispatch_task SET handed_at = clock_timestamp() WHERE id = ANY(%(ids)s::uuid[]) AND status = 'queued'"


@transaction.atomic
def take_back(leases: Sequence[Lease]) -> None:
    """Running → Queued and still handed over, without counting as a failure; one that was canceled meanwhile is canceled."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"ids": [one.id for one in leases], "tokens": [one.lease_token for one in leases]})
        held = rows(cursor)
        write_ends([_end(task) for task in held])
        cursor.execute(_STAY_HANDED, {"ids": [task.id for task in held]})


def _end(task: Any) -> End:
    if task.cancel_requested_at is not None:
        return End(task.id, task.attempt, Status.CANCELED, Outcome.CANCELED)
    return End(task.id, task.attempt, Status.QUEUED, Outcome.HANDED_BACK)
