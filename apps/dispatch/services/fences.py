"""Whether a lease holder is heard, and why not."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from apps.dispatch.models import Task
from apps.platform.contracts import STATE_MOVED
from apps.platform.contracts.parts import Fenced
from apps.platform.errors import Conflict


class StaleFence(Conflict):
    """Another attempt has the task now, or none."""

    def __init__(self) -> None:
        super().__init__("This attempt does not hold the task any more: what it says changes nothing.", code="stale_fence")


class Canceled(Conflict):
    def __init__(self) -> None:
        super().__init__("The task was canceled: stop, and complete it as Canceled.", code="canceled")


class StateMoved(Conflict):
    def __init__(self) -> None:
        super().__init__("The job's state was written by somebody else since this attempt read it.", code=STATE_MOVED)


class Held(NamedTuple):
    """Whose task it is; `version_job_id`: its job, as the task's version has it."""

    org_id: UUID
    job_id: UUID
    version_job_id: UUID


def held(said: Fenced) -> Held:
    """Raises StaleFence and Canceled where the lease is not the caller's."""
    tasks = Task.objects.filter(pk=said.task_id, status="running", attempt=said.attempt, lease_token=said.lease_token)
    found = tasks.values_list("org_id", "job_id", "version_job_id", "cancel_requested_at").first()
    if found is None:
        raise StaleFence
    *ids, cancel_requested_at = found
    if cancel_requested_at is not None:
        raise Canceled
    return Held(*ids)
