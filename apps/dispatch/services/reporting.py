"""What attempts say of their outputs: events, each written once, and the state of their jobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.datasets.selectors import is_kept
from apps.dispatch.capabilities import Capability
from apps.dispatch.domain import EMIT_LINEAGE, Cause, EventKind, What, a_partition, oldest_of, rows_between
from apps.dispatch.services.fences import StateMoved
from apps.dispatch.services.handing import MOST_IN_A_ROW
from apps.dispatch.services.invalidating import Invalid, write_invalidations
from apps.orm.prepared import prepared_cursor
from apps.outbox import services as outbox
from apps.outbox.services import Outgoing
from apps.platform.contracts import MOST_DATA_BYTES, ReportedEvent, StateWrite
from apps.platform.errors import BadInput, Forbidden
from apps.platform.json import Json
from apps.platform.slices import slices
from operators.sdk.words import Reason

ROUTE = "route_event"
# It comes with every claim of its job.
MOST_STATE_BYTES = 262_144


@dataclass(frozen=True)
class Speaker:
    """The attempt that reports, as its locked task says."""

    org_id: UUID
    job_id: UUID
    task_id: UUID
    root_id: UUID
    generation: UUID
    attempt: int
    is_rerun: bool = False
    is_alone: bool = False
    # Of a source that never ends: which of its reports this is. What another task says of a scope, it says once.
    report: str = ""


def speaker_of(task: Any, attempt: int, report: int | str | None) -> Speaker:
    is_endless = task.cause == Cause.SOURCE and report is not None
    return Speaker(
        task.org_id, task.job_id, task.id, task.root_id, task.generation, attempt,
        is_rerun=task.cause in {Cause.RERUN, Cause.BACKFILL}, is_alone=task.is_alone, report=f"{attempt}.{report}:" if is_endless else "",
    )  # fmt: skip


@dataclass(frozen=True)
class Report:
    """One event, placed. `data` is the event's as text."""

    speaker: Speaker
    output: int
    kind: EventKind
    identity: str
    partition_key: str
    event: ReportedEvent
    data: str | None


def read_events(events: Sequence[ReportedEvent], speaker: Speaker, capability: Capability) -> list[Report]:
    """Raises Forbidden for an output that is not the task's: a worker can lie, and no other task's data is touched by it."""
    return [_placed(number, event, speaker, capability) for number, event in enumerate(events)]


def _placed(number: int, event: ReportedEvent, speaker: Speaker, capability: Capability) -> Report:
    output = capability.outputs.get((event.dataset_uuid, event.dataset_version))
    if output is None:
        raise Forbidden(
            f"events[{number}]: dataset {event.dataset_uuid} in version {event.dataset_version} is no output of this task.",
            code="foreign_output",
        )
    data = None if event.data is None else json.dumps(event.data, ensure_ascii=False)
    if data and len(data.encode()) > MOST_DATA_BYTES:
        raise BadInput(
            f"events[{number}].data: {len(data):,} bytes are over {MOST_DATA_BYTES:,}; write them to an output, and point at it.",
            code="event_too_large",
        )
    kind, scope, key = _scope(event, data)
    return Report(speaker, output, kind, f"{speaker.report}{output}:{kind}:{scope}"[:300], key, event, data)


def _scope(event: ReportedEvent, data: str | None) -> tuple[EventKind, str, str]:
    """(kind, what makes it the same event of its task, partition key)."""
    if event.reason is not None:
        what = invalid_part(event)
        kind = EventKind.PARTITION if what.key else EventKind.RANGE
        return kind, f"invalid:{event.reason}:{what.start}-{what.end}:{what.key}", what.key
    if event.cursor is not None:
        return EventKind.CURSOR, str(event.cursor), ""
    if event.partition_key is not None:
        return EventKind.PARTITION, event.partition_key, event.partition_key
    if event.start is not None:
        key = f"{event.start}-{event.end}"
        return EventKind.RANGE, key, key
    # A signal has no scope: what it carries tells one from another.
    return EventKind.SIGNAL, hashlib.sha256((data or "").encode()).hexdigest(), ""


# Those that are new of their task, in the order in which they were said; how often each scope was made is counted with them.
_WRITE = """
WITH said AS (
    SELECT * FROM unnest(
        %(org_ids)s::uuid[], %(job_ids)s::uuid[], %(task_ids)s::uuid[], %(root_ids)s::uuid[], %(generations)s::uuid[],
        %(attempts)s::int[], %(outputs)s::smallint[], %(kinds)s::text[], %(cursors)s::numeric[], %(keys)s::text[],
        %(starts)s::bigint[], %(ends)s::bigint[], %(counted)s::text[], %(identities)s::text[], %(data)s::text[],
        %(alone)s::boolean[], %(free)s::int[]
    ) WITH ORDINALITY AS e(org_id, job_id, task_id, root_id, generation, attempt, output, kind, cursor, partition_key, range_start,
        range_end, counted, identity, data, is_alone, free, place)
), fresh AS MATERIALIZED (
    SELECT * FROM said AS s
    WHERE NOT EXISTS (SELECT FROM dispatch_event AS e WHERE e.task_id = s.task_id AND e.identity = s.identity AND e.id >= %(since)s)
), made AS (
    INSERT INTO dispatch_materialisation AS m (job_id, output, generation, partition_key, number)
    SELECT job_id, output, generation, counted, count(*) FROM fresh WHERE counted <> ''
    GROUP BY job_id, output, generation, counted ORDER BY 1, 2, 3, 4
    ON CONFLICT (job_id, output, generation, partition_key) DO UPDATE SET number = m.number + excluded.number, raised_at = now()
    RETURNING job_id, output, generation, partition_key AS counted, number
)
INSERT INTO dispatch_event (
    id, org_id, job_id, task_id, root_id, generation, attempt, output, kind, cursor, partition_key, range_start, range_end,
    materialisation, identity, data, created_at, routed_at
)
SELECT uuidv7(), org_id, job_id, task_id, root_id, generation, attempt, output, kind, cursor, partition_key, range_start, range_end,
    coalesce(number - free, 0), identity, data::jsonb, now(), CASE WHEN is_alone THEN now() END
FROM fresh LEFT JOIN made USING (job_id, output, generation, counted)
ORDER BY place
RETURNING id, org_id, routed_at IS NOT NULL, task_id, identity
"""


def write_events(reports: Sequence[Report]) -> int:
    """Those that are new, with the outbox rows that have them routed; how many. The tasks are locked by the caller."""
    unique = {(r.speaker.task_id, r.identity): r for r in reports}.values()
    taken_back = write_invalidations([_invalid(r) for r in unique if r.event.reason])
    return len(taken_back) + _write([r for r in unique if not r.event.reason])


def _invalid(report: Report) -> Invalid:
    by, event = report.speaker, report.event
    return Invalid(
        by.org_id, by.job_id, report.output, by.generation, invalid_part(event), Reason(str(event.reason)), task_id=by.task_id,
        identity=report.identity, root_id=by.root_id, is_alone=by.is_alone,
    )  # fmt: skip


def invalid_part(event: ReportedEvent) -> What:
    if event.row_filter is not None:
        return rows_between(event.row_filter.block_number.gte, event.row_filter.block_number.lte)
    return a_partition(event.partition_key if event.partition_key is not None else f"{event.start}-{event.end}")


def _write(unique: Sequence[Report]) -> int:
    if not unique:
        return 0
    columns: dict[str, Any] = {
        "since": oldest_of(r.speaker.task_id for r in unique),
        "org_ids": [r.speaker.org_id for r in unique], "job_ids": [r.speaker.job_id for r in unique],
        "task_ids": [r.speaker.task_id for r in unique], "root_ids": [r.speaker.root_id for r in unique],
        "generations": [r.speaker.generation for r in unique], "attempts": [r.speaker.attempt for r in unique],
        "outputs": [r.output for r in unique], "kinds": [r.kind.value for r in unique], "cursors": [r.event.cursor for r in unique],
        "keys": [r.partition_key for r in unique], "starts": [r.event.start for r in unique], "ends": [r.event.end for r in unique],
        "counted": [_counted_as(r) for r in unique], "identities": [r.identity for r in unique],
        "data": [r.data for r in unique],
        "alone": [r.speaker.is_alone for r in unique], "free": [int(_is_live_cursor(r)) for r in unique],
    }  # fmt: skip
    with prepared_cursor() as cursor:
        cursor.execute(_WRITE, columns)
        written = cursor.fetchall()
    to_route = [(event_id, org_id) for event_id, org_id, is_alone, *_ in written if not is_alone]
    outbox.put_many([*_telling(ROUTE, to_route), *_telling(EMIT_LINEAGE, _kept(written, unique))])
    return len(written)


def _kept(written: Sequence[tuple[UUID, UUID, bool, UUID, str]], said: Sequence[Report]) -> list[tuple[UUID, UUID]]:
    """Of outputs that there is data of: of events alone nothing is kept for ever."""
    versions = {(one.speaker.task_id, one.identity): one.event.dataset_version for one in said}
    return [(event_id, org_id) for event_id, org_id, _, task_id, identity in written if is_kept(versions[task_id, identity])]


def _counted_as(report: Report) -> str:
    """A cursor comes once, but from a task that is run again, and from a source that never ends: then it is counted too."""
    comes_again = report.event.cursor is not None and (report.speaker.is_rerun or _is_live_cursor(report))
    return report.partition_key or (f"@{report.event.cursor}" if comes_again else "")


def _is_live_cursor(report: Report) -> bool:
    """The first time it has no number, as that of a task that ends has none."""
    return bool(report.speaker.report) and report.event.cursor is not None


def _telling(kind: str, events: Sequence[tuple[UUID, UUID]]) -> Iterator[Outgoing]:
    by_org: dict[UUID, list[Json]] = {}
    for event_id, org_id in events:
        by_org.setdefault(org_id, []).append(str(event_id))
    for org_id, ids in by_org.items():
        for some in slices(ids, MOST_IN_A_ROW):
            yield Outgoing(kind, {"event_ids": list(some)}, org_id)


_SET_STATE = """
INSERT INTO dispatch_operatorstate AS s (id, job_id, generation, value, revision, written_at)
SELECT gen_random_uuid(), %(job_id)s, %(generation)s, %(value)s::jsonb, 1, now() WHERE %(revision)s = 0
ON CONFLICT (job_id, generation) DO NOTHING
"""
# The answer to the first call was lost, and it comes again.
_IS_WRITTEN = """
SELECT FROM dispatch_operatorstate
WHERE job_id = %(job_id)s AND generation = %(generation)s AND revision = %(revision)s + 1 AND value = %(value)s::jsonb
"""
_MOVE_STATE = """
UPDATE dispatch_operatorstate SET value = %(value)s::jsonb, revision = revision + 1, written_at = now()
WHERE job_id = %(job_id)s AND generation = %(generation)s AND revision = %(revision)s
"""


def write_state(speaker: Speaker, written: StateWrite) -> int:
    """Its revision afterwards. Raises StateMoved, and then nothing of the report may be kept."""
    value = json.dumps(written.value)
    if len(value) > MOST_STATE_BYTES:
        raise BadInput(
            f"state.value: {len(value):,} bytes are over {MOST_STATE_BYTES:,}; keep what is large in an output.",
            code="state_too_large",
        )
    params: dict[str, Any] = {
        "job_id": speaker.job_id,
        "generation": speaker.generation,
        "value": value,
        "revision": written.revision,
    }
    with prepared_cursor() as cursor:
        cursor.execute(_MOVE_STATE if written.revision else _SET_STATE, params)
        if cursor.rowcount != 1:
            cursor.execute(_IS_WRITTEN, params)
            if cursor.rowcount != 1:
                raise StateMoved
    return written.revision + 1
