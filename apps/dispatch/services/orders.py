"""What a claimed attempt is told: everything, so that it asks for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from apps.dags.models import Job
from apps.dispatch import capabilities
from apps.dispatch.capabilities import Capability
from apps.dispatch.domain import HEARTBEAT, dataset_id, oldest_of, version_id
from apps.dispatch.services.claiming import Lease, claim_tasks
from apps.dispatch.services.ending import fail_claimed
from apps.dispatch.services.handing import refill
from apps.dispatch.services.rows import rows
from apps.orgs.models import Org
from apps.orm.prepared import prepared_cursor
from apps.platform.contracts import (
    ArrivedEvent,
    Claimed,
    ClaimsAnswer,
    FiredBy,
    NotClaimed,
    OutputSlot,
    StateRead,
    TaskError,
    TaskOrder,
    WhyNot,
)
from apps.platform.ports.secrets import SecretMissing
from apps.vault.revealing import reveal_for_job
from operators.sdk.catalogue import catalogue

# After the claim: nothing joins a task that somebody has.
_TOLD = """
SELECT t.id, s.revision, s.value, (
    SELECT json_agg(json_build_object(
        'input', i.input, 'event', json_build_object(
            'output', e.output, 'cursor', e.cursor::text, 'start', e.range_start::text, 'end', e.range_end::text,
            'partition_key', nullif(e.partition_key, ''), 'data', e.data
        )) ORDER BY i.id)
    FROM dispatch_taskinput AS i JOIN dispatch_event AS e ON e.id = i.event_id WHERE i.task_id = t.id AND i.id >= %(since)s
)::jsonb AS arrived
FROM dispatch_task AS t LEFT JOIN dispatch_operatorstate AS s ON s.job_id = t.job_id AND s.generation = t.generation
WHERE t.id = ANY(%(ids)s::uuid[])
"""


@dataclass(frozen=True)
class Given:
    """A lease with what its holder is told."""

    lease: Lease
    order: TaskOrder

    @property
    def capability(self) -> Capability:
        return capabilities.of_attempt(self.lease.org_id, self.lease.id, self.lease.attempt, self.order.outputs)


def give(task_ids: Sequence[UUID], *, worker_id: str, reveals: bool = False) -> tuple[list[Given], list[NotClaimed]]:
    """The leases that could be given, each with all that its worker needs. `reveals`: secrets too, for a worker that is trusted."""
    leases, refused = claim_tasks(task_ids, worker_id=worker_id)
    told = _told_each(leases)
    given = []
    for lease in leases:
        if lease.id not in told:
            refused.append(_too_large(lease))
            continue
        try:
            given.append(Given(lease, _order(lease, *told[lease.id], reveals=reveals)))
        except SecretMissing as missing:
            refused.append(_without_secret(lease, missing))
    return given, refused


def _told_each(leases: Sequence[Lease]) -> dict[UUID, tuple[list[ArrivedEvent], StateRead]]:
    """Together, or one by one: what cannot be read of one task is no reason for the others to wait."""
    try:
        return _told(leases)
    except DatabaseError:
        if len(leases) <= 1:
            return {}
    return {task_id: told for lease in leases for task_id, told in _told_each([lease]).items()}


def claim(task_ids: Sequence[UUID], *, worker_id: str, now: datetime) -> ClaimsAnswer:
    """For a worker elsewhere, in the order in which it asked."""
    given, refused = give(task_ids, worker_id=worker_id, reveals=True)
    refill(one.lease.org_id for one in given)
    answers: dict[UUID, Claimed | NotClaimed] = {one.task_id: one for one in refused}
    answers |= {one.lease.id: signed(one, now=now) for one in given}
    # One that was asked for twice is answered twice: the worker holds two messages, and one lease.
    return ClaimsAnswer(results=[answers[task_id] for task_id in task_ids])


def signed(given: Given, *, now: datetime) -> Claimed:
    lease = given.lease
    return Claimed(
        task_id=lease.id, attempt=lease.attempt, lease_token=lease.lease_token, lease_expires_at=lease.lease_expires_at,
        lease_seconds=lease.lease_seconds, task=given.order,
        capability_token=capabilities.issue(given.capability, timeout_seconds=lease.timeout_seconds, now=now),
    )  # fmt: skip


def _order(lease: Lease, arrived: list[ArrivedEvent], state: StateRead, *, reveals: bool) -> TaskOrder:
    known = facts(lease.version_job_id)
    return TaskOrder(
        org_id=lease.org_id, fired=FiredBy.model_validate(lease.fired) if lease.fired else None, arrived=arrived, state=state,
        outputs=[slot(lease.job_id, number, lease.generation) for number in range(known["outputs"])],
        secrets=_secrets(lease.org_id, known["secrets"]) if reveals else {},
        timeout_seconds=lease.timeout_seconds, heartbeat_seconds=min(int(HEARTBEAT.total_seconds()), max(1, lease.lease_seconds // 4)),
        **known["order"],
    )  # fmt: skip


def _secrets(org_id: UUID, names: Sequence[str]) -> dict[str, str]:
    return reveal_for_job(Org.objects.get(pk=org_id), names, config=settings.CONFIG) if names else {}


def _without_secret(lease: Lease, missing: SecretMissing) -> NotClaimed:
    """The attempt is over before it began, and says so where people look."""
    message = f"The job declares the secret {missing}, and there is none of that name. Set it below Admin → Secrets, and retry."
    return _not_told(lease, TaskError(type="secret_missing", message=message, retryable=False))


def _too_large(lease: Lease) -> NotClaimed:
    message = "What arrived at this task is too much for one order; take PerUpdate or PerPartition instead of Bulk."
    return _not_told(lease, TaskError(type="order_too_large", message=message, retryable=False))


def _not_told(lease: Lease, error: TaskError) -> NotClaimed:
    fail_claimed(lease, error)
    return NotClaimed(task_id=lease.id, reason=WhyNot.FAILED)


@lru_cache(maxsize=4_096)
def facts(version_job_id: UUID) -> Mapping[str, Any]:
    """A version never changes, so neither does what its jobs are."""
    job = Job.objects.select_related("version__dag").get(pk=version_job_id)
    declared = catalogue().operators.get(job.operator)
    order = {
        "dag": job.version.dag.name, "job": job.name, "version": job.version.number, "operator": job.operator,
        "operator_version": job.operator_version, "config": job.spec.get("config") or {},
        "update_strategy": job.spec.get("update_strategy"), "unique_key": job.spec.get("unique_key") or [],
        "memory_mb": declared.resources.memory_mb if declared else 256,
        "cpu_millis": declared.resources.cpu_millis if declared else 100,
    }  # fmt: skip
    spec = job.spec
    return {
        "order": order, "outputs": job.outputs, "secrets": tuple(spec.get("secrets") or ()), "task_definition": spec.get("task_definition"),
    }  # fmt: skip


def slot(job_id: UUID, output: int, generation: UUID) -> OutputSlot:
    return OutputSlot(
        output=output, dataset_uuid=dataset_id(job_id, output), dataset_version=version_id(job_id, output, generation)
    )


def _told(leases: Sequence[Lease]) -> dict[UUID, tuple[list[ArrivedEvent], StateRead]]:
    """What arrived at each, and the state of its job."""
    if not leases:
        return {}
    with prepared_cursor() as cursor:
        cursor.execute(_TOLD, {"ids": [lease.id for lease in leases], "since": oldest_of(lease.id for lease in leases)})
        return {
            row.id: (
                [ArrivedEvent.model_validate(one) for one in row.arrived or ()], StateRead(revision=row.revision or 0, value=row.value)
            )
            for row in rows(cursor)
        }  # fmt: skip
