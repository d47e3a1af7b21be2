"""Events and state of attempts that go on: of sources that never end, and of tasks with more to say than one call takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from apps.dispatch.capabilities import Capability
from apps.dispatch.services.fences import Canceled, StaleFence
from apps.dispatch.services.publishing import refuse_uncommitted
from apps.dispatch.services.reporting import Report, read_events, speaker_of, write_events, write_state
from apps.orm.rows import rows
from apps.platform.contracts import EventsAnswer, EventsReport
from apps.platform.errors import UserError

_LOCK = """
SELECT t.id, t.org_id, t.job_id, t.version_job_id, t.root_id, t.generation, t.status, t.attempt, t.lease_token, t.cancel_requested_at, t.cause, t.is_alone
FROM dispatch_task AS t WHERE t.id = ANY(%(ids)s::uuid[]) ORDER BY t.id FOR NO KEY UPDATE
"""


@transaction.atomic
def report(said: Sequence[tuple[EventsReport, Capability]]) -> list[EventsAnswer | UserError]:
    """In the order in which they came; each accepted or refused by itself."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"ids": [one.task_id for one, _ in said]})
        tasks: dict[UUID, Any] = {row.id: row for row in rows(cursor)}
    return [_take(one, capability, tasks.get(one.task_id)) for one, capability in said]


def _take(said: EventsReport, capability: Capability, task: Any) -> EventsAnswer | UserError:
    if task is None or task.status != "running" or (said.attempt, said.lease_token) != (task.attempt, task.lease_token):
        return StaleFence()
    if task.cancel_requested_at is not None:
        return Canceled()
    speaker = speaker_of(task, said.attempt, said.sequence)
    try:
        # What is kept as files is committed with the end, and told of by whoever commits it.
        refuse_uncommitted(said.events, (), capability, task.version_job_id)
        # Both or neither: what a savepoint undoes was never said.
        with transaction.atomic():
            reports: list[Report] = read_events(said.events, speaker, capability)
            revision = write_state(speaker, said.state) if said.state else None
            accepted = write_events(reports)
    except UserError as refusal:
        return refusal
    return EventsAnswer(task_id=task.id, accepted=accepted, duplicates=len(reports) - accepted, state_revision=revision)
