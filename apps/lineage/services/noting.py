"""What somebody outside is still to be told: written down, and sent by who has time to wait for an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from apps.dispatch.models import Task
from apps.lineage.models import RunEvent


@dataclass(frozen=True)
class Said:
    """`kind`: START, COMPLETE, FAIL or ABORT."""

    task_id: UUID
    attempt: int
    kind: str
    at: datetime


def note_runs(said: Sequence[Said]) -> None:
    """Idempotent, as long as it was not sent yet; sent twice it is the same run, at the same time."""
    orgs = dict(Task.objects.filter(pk__in={one.task_id for one in said}).values_list("pk", "org_id"))
    RunEvent.objects.bulk_create(
        [
            RunEvent(org_id=orgs[one.task_id], task_id=one.task_id, attempt=one.attempt, kind=one.kind, happened_at=one.at)
            for one in said if one.task_id in orgs
        ],
        ignore_conflicts=True,
    )  # fmt: skip
