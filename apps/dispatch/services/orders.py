"""What a claimed attempt is told: everything, so that it asks for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError

from apps.datasets.domain import dataset_id, version_id
from apps.dispatch import capabilities
from apps.dispatch.capabilities import Capability
from apps.dispatch.domain import HEARTBEAT, oldest_of
from apps.dispatch.services.claiming import Lease, claim_tasks
from apps.dispatch.services.ending import fail_claimed
from apps.dispatch.services.facts import facts
from apps.dispatch.services.handing import refill
from apps.dispatch.services.pinning import MOST_PINS, Pinned, pin_inputs
from apps.orgs.models import Org
from apps.orm.prepared import prepared_cursor
from apps.orm.rows import rows
from apps.platform.contracts import (
    ArrivedEvent,
    Claimed,
    ClaimsAnswer,
    EventSeen,
    FiredBy,
    NotClaimed,
    OutputSlot,
    StateRead,
    TaskError,
    TaskOrder,
    WhyNot,
)
from apps.platform.contracts.reading import PinnedInput
from apps.platform.ports.secrets import SecretMissing
from apps.vault.revealing import reveal_for_job

# After the claim: nothing joins a task that somebody has. An invalidation is told with the scope of the task that does it again;
# events within that scope, which are satisfied by it, are not told beside it.
_TOLD = """
SELECT t.id, s.revision, s.value, (
    SELECT json_agg(json_build_object(
        'input', i.input, 'event', json_build_object(
            'output', e.output, 'cursor', e.cursor::text, 'start', e.range_start::text, 'end', e.range_end::text,
            'partition_key', nullif(e.partition_key, ''), 'data', e.data
        ), 'invalidation', e.reason) ORDER BY i.id)
    FROM dispatch_taskinput AS i CROSS JOIN LATERAL (
        SELECT output, cursor, range_start, range_end, partition_key, data, NULL AS reason FROM dispatch_event
        WHERE id = i.event_id AND (t.cause <> 'invalidation' OR t.partition_key <> '' OR t.range_start IS NULL)
        UNION ALL
        SELECT output, NULL, CASE WHEN has_scope THEN t.range_start ELSE range_start END, CASE WHEN has_scope THEN t.range_end ELSE range_end END,
            CASE WHEN has_scope THEN t.partition_key ELSE partition_key END, NULL, reason
        FROM dispatch_invalidation, (SELECT t.partition_key <> '' OR t.range_start IS NOT NULL) AS task(has_scope) WHERE id = i.event_id
    ) AS e
    WHERE i.task_id = t.id AND i.id >= %(since)s
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
    pinned = pin_inputs([lease.id for lease in leases if facts(lease.version_job_id)["reads"]])
    given = []
    for lease in leases:
        if lease.id not in told:
            refused.append(_too_large(lease))
            continue
        if sum(one.partitions for one in pinned.get(lease.id, ())) > MOST_PINS:
            refused.append(_too_many(lease))
            continue
        try:
            given.append(Given(lease, _order(lease, *told[lease.id], pinned.get(lease.id, ()), reveals=reveals)))
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


def _order(lease: Lease, arrived: list[ArrivedEvent], state: StateRead, pinned: Sequence[Pinned], *, reveals: bool) -> TaskOrder:
    known = facts(lease.version_job_id)
    fired = FiredBy.model_validate(lease.fired) if lease.fired else None
    if known["is_stream"] and fired is not None:
        # Its operator is one that ranges arrive at, and need not know that nobody sent this one.
        arrived, fired = [_as_arrived(fired)], None
    return TaskOrder(
        org_id=lease.org_id, fired=fired, arrived=arrived, state=state,
        outputs=[
            slot(known["identity"], number, lease.generation, name=name, storage=storage, write_mode=write_mode)
            for number, (name, storage, write_mode) in enumerate(known["slots"])
        ],
        inputs=_inputs(known["reads"], pinned),
        secrets=_secrets(lease.org_id, known["secrets"]) if reveals else {},
        timeout_seconds=lease.timeout_seconds, heartbeat_seconds=min(int(HEARTBEAT.total_seconds()), max(1, lease.lease_seconds // 4)),
        **known["order"],
    )  # fmt: skip


def _as_arrived(fired: FiredBy) -> ArrivedEvent:
    seen = EventSeen(output=0, start=fired.start, end=fired.end, partition_key=f"{fired.start}-{fired.end}")
    return ArrivedEvent(input=0, event=seen)


def _inputs(reads: Mapping[int, str], pinned: Sequence[Pinned]) -> list[PinnedInput]:
    """Those that may be read, also where nothing is there: an operator counts its inputs from 0."""
    return [
        PinnedInput(input=number, name=name, versions=[one.told() for one in pinned if one.input == number])
        for number, name in reads.items()
    ]


def _secrets(org_id: UUID, names: Sequence[str]) -> dict[str, str]:
    return reveal_for_job(Org.objects.get(pk=org_id), names, config=settings.CONFIG) if names else {}


def _without_secret(lease: Lease, missing: SecretMissing) -> NotClaimed:
    """The attempt is over before it began, and says so where people look."""
    message = f"The job declares the secret {missing}, and there is none of that name. Set it below Admin → Secrets, and retry."
    return _not_told(lease, TaskError(type="secret_missing", message=message, retryable=False))


def _too_large(lease: Lease) -> NotClaimed:
    message = "What arrived at this task is too much for one order; take PerUpdate or PerPartition instead of Bulk."
    return _not_told(lease, TaskError(type="order_too_large", message=message, retryable=False))


def _too_many(lease: Lease) -> NotClaimed:
    message = (
        f"The task would read more than {MOST_PINS:,} partitions; take PerPartition instead of Bulk, or make larger partitions."
    )
    return _not_told(lease, TaskError(type="too_many_partitions", message=message, retryable=False))


def _not_told(lease: Lease, error: TaskError) -> NotClaimed:
    fail_claimed(lease, error)
    return NotClaimed(task_id=lease.id, reason=WhyNot.FAILED)


def slot(job_id: UUID, output: int, generation: UUID, *, name: str, storage: Any, write_mode: Any) -> OutputSlot:
    return OutputSlot(
        output=output, dataset_uuid=dataset_id(job_id, output), dataset_version=version_id(job_id, output, generation),
        name=name, storage=storage, write_mode=write_mode,
    )  # fmt: skip


def _told(leases: Sequence[Lease]) -> dict[UUID, tuple[list[ArrivedEvent], StateRead]]:
    """What arrived at each, and the state of its job."""
    if not leases:
        return {}
    with prepared_cursor() as cursor:
        cursor.execute(_TOLD, {"ids": [lease.id for lease in leases], "since": oldest_of(lease.id for lease in leases)})
        return {
            row.id: (
                _once([ArrivedEvent.model_validate(one) for one in row.arrived or ()]), StateRead(revision=row.revision or 0, value=row.value)
            )
            for row in rows(cursor)
        }  # fmt: skip


def _once(arrived: Sequence[ArrivedEvent]) -> list[ArrivedEvent]:
    """Several invalidations that one task does again are one thing to do, for the first one's reason."""
    kept: list[ArrivedEvent] = []
    for one in arrived:
        if one.invalidation is None or not any(
            one.event == other.event and one.input == other.input and other.invalidation for other in kept
        ):
            kept.append(one)
    return kept
