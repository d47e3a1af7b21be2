"""The planner: keeps as many ranges of each stream under way as it may have, and says in words why there are no more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, connection, transaction

from apps.dags.domain import BUILD
from apps.dispatch.services import top_up
from apps.orm.rows import rows
from apps.outbox import services as outbox
from apps.syncing.domain import Plan, StreamState, limit_of, plan_of
from apps.syncing.models import SyncStream
from apps.syncing.services.ledger import Told, lock_streams, owe_lost, settle_open, settle_tasks, streams_of
from apps.syncing.services.ranges import fill, first_open, has_more
from apps.syncing.services.standing import standing_of

log = structlog.get_logger("trace.syncing")

# Of the active version, or of one that is built.
_LIVE = """
SELECT j.id, j.org_id, j.dag_id, j.name, j.generation, j.paused_at, j.pressed_at, j.build_id, v.spec
FROM dispatch_livejob AS j JOIN dags_job AS v ON v.id = j.job_id
WHERE j.strategy = '' AND j.source = '' AND {which}
"""
_LIVE_OF_DAG = _LIVE.format(which="j.dag_id = %(dag_id)s ORDER BY j.build_id NULLS LAST")
# An activation waits until what is planned for these is planned: it sees all tasks of the generation that it ends.
_LIVE_HELD = _LIVE.format(which="j.id = ANY(%(ids)s::uuid[]) ORDER BY j.id FOR KEY SHARE OF j")
# Whatever they were made by. Uses indexes task_waiting and task_under_way.
_ALIVE = """
SELECT job_id, count(*) FROM dispatch_task
WHERE org_id = ANY(%(org_ids)s::uuid[]) AND job_id = ANY(%(ids)s::uuid[]) AND (status = 'queued' AND handed_at IS NULL
    OR status = 'running' OR status = 'queued' AND handed_at IS NOT NULL OR status = 'failed' AND next_retry_at IS NOT NULL)
GROUP BY job_id
"""


@transaction.atomic
def take_told(told: Told, *, now: datetime) -> None:
    """Tasks of streams ended, or were wanted again: what that frees is filled at once."""
    streams = lock_streams(streams_of(told))
    settle_tasks(streams, told, now=now)
    _plan(streams, now=now)


@transaction.atomic
def take_up_dag(dag_id: UUID, *, now: datetime) -> None:
    """Its streams are those of the jobs that it has now; what they are at goes on from where it is."""
    with connection.cursor() as cursor:
        cursor.execute(_LIVE_OF_DAG, {"dag_id": dag_id})
        live: dict[UUID, Any] = {}
        for row in rows(cursor):
            live.setdefault(row.generation, row)
    SyncStream.objects.bulk_create([_new(row) for row in live.values()], ignore_conflicts=True)
    streams = lock_streams(list(SyncStream.objects.filter(dag_id=dag_id).values_list("pk", flat=True)))
    for stream in streams:
        _hand_to(stream, live.get(stream.generation), now=now)
    settle_open(streams, now=now)
    _plan(streams, now=now)


def _new(row: Any) -> SyncStream:
    return SyncStream(
        org_id=row.org_id, dag_id=row.dag_id, name=row.name, generation=row.generation, cursor=plan_of(row.spec).from_block
    )


def _hand_to(stream: SyncStream, job: Any | None, *, now: datetime) -> None:
    """None: no version that lives has it, and nothing is planned until one does."""
    before, stream.job_id = stream.job_id, job.id if job else None
    if job is None:
        stream.look_at, stream.going_since = None, None
    elif before != job.id:
        owe_lost(stream)
        stream.look_at = now if plan_of(job.spec).follows else None


def look_after(stream_id: UUID, *, now: datetime) -> None:
    """The safety net: whatever was not heard of is seen in the tasks."""
    with transaction.atomic():
        streams = lock_streams([stream_id])
        settle_open(streams, now=now)
        _plan(streams, now=now)


def look_after_all(*, now: datetime) -> None:
    """What is wrong with one stream holds up no other."""
    with connection.cursor() as cursor:
        cursor.execute(_UNKNOWN)
        unknown = [dag_id for (dag_id,) in cursor.fetchall()]
    for dag_id in unknown:
        take_up_dag(dag_id, now=now)
    for stream_id in SyncStream.objects.at_work().order_by("pk").values_list("pk", flat=True):
        try:
            look_after(stream_id, now=now)
        except DatabaseError:
            log.exception("stream_not_planned", stream_id=str(stream_id))


# DAGs that have a stream which nobody has taken up, or one that is taken up and gone.
_UNKNOWN = """
SELECT DISTINCT coalesce(j.dag_id, s.dag_id) FROM (
    SELECT id, dag_id, generation FROM dispatch_livejob WHERE strategy = '' AND source = '' AND job_id IS NOT NULL
) AS j
FULL JOIN (SELECT dag_id, generation, job_id FROM syncing_syncstream WHERE job_id IS NOT NULL) AS s
    ON s.job_id = j.id AND s.generation = j.generation
WHERE s.job_id IS NULL OR j.id IS NULL
"""


@dataclass(frozen=True)
class Heard:
    """What the gateway said of a pool: a head, or why there is none."""

    number: int | None = None
    hash: str = ""
    seen_at: datetime | None = None
    problem: str = ""


@transaction.atomic
def take_heads(heads: Mapping[UUID, Heard], *, now: datetime) -> None:
    """By stream. An answer that is older than what is known is not news, whatever its number."""
    streams = lock_streams(heads)
    for stream in streams:
        heard = heads[stream.pk]
        stream.head_problem = heard.problem[:500]
        if heard.seen_at and (stream.head_seen_at is None or heard.seen_at >= stream.head_seen_at):
            stream.head_number, stream.head_hash, stream.head_seen_at = heard.number, heard.hash, heard.seen_at
    _plan(streams, now=now, looked=True)


def _plan(streams: Sequence[SyncStream], *, now: datetime, looked: bool = False) -> None:
    """Of streams that the caller has locked: fills them up, hands the tasks over, and writes what was found."""
    live = _held([one.job_id for one in streams if one.job_id])
    alive = _alive(list(live.values()))
    planned: set[UUID] = set()
    for stream in streams:
        job = live.get(stream.job_id) if stream.job_id else None
        if job is not None and job.generation == stream.generation:
            plan = plan_of(job.spec)
            if plan.follows and (looked or stream.look_at is None):
                stream.look_at = now + timedelta(seconds=plan.poll_seconds)
            if _fill(stream, job, plan, alive.get(job.id, 0), now=now):
                planned.add(job.org_id)
        stream.save(update_fields=_WRITTEN)
    top_up(planned)


_WRITTEN = [
    field.name for field in SyncStream._meta.fields
    if field.name not in {"id", "org", "dag", "name", "generation", "covered", "created_at"}
]  # fmt: skip


def _held(job_ids: Collection[UUID]) -> dict[UUID, Any]:
    if not job_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LIVE_HELD, {"ids": list(job_ids)})
        return {row.id: row for row in rows(cursor)}


def _alive(jobs: Sequence[Any]) -> dict[UUID, int]:
    if not jobs:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_ALIVE, {"org_ids": list({one.org_id for one in jobs}), "ids": [one.id for one in jobs]})
        return dict(cursor.fetchall())


def _fill(stream: SyncStream, job: Any, plan: Plan, alive: int, *, now: datetime) -> int:
    """How many tasks were made; the state and the reason are set with it."""
    limit = limit_of(plan, stream.head_number, stream.head_seen_at, stream.head_problem, now=now)
    stream.target = limit.block if limit.block is not None else stream.target
    made = 0
    if limit.block is not None and job.paused_at is None and job.pressed_at is None:
        made = fill(stream, job.id, plan, limit.block, max(0, plan.max_inflight - alive), at=now.isoformat())
    stream.moved_at = now if made else stream.moved_at
    stream.cursor = first_open(stream, plan)
    was_up, is_up = stream.is_caught_up, limit.block is not None and _is_caught_up(stream, plan, limit.block)
    stream.is_caught_up = is_up
    state, reason = standing_of(stream, job, plan, limit.reason)
    if state is StreamState.RUNNING and (stream.state != state or stream.going_since is None):
        stream.going_since = now
    if state is StreamState.DONE and stream.state != state:
        stream.done_at = now
    stream.done_at = stream.done_at if state is StreamState.DONE else None
    stream.state, stream.reason = state, reason
    if is_up and not was_up and job.build_id is not None:
        # The version that is built may have waited for this alone.
        outbox.put(BUILD, {"build_id": str(job.build_id)}, org_id=stream.org_id)
    return made


def _is_caught_up(stream: SyncStream, plan: Plan, target: int) -> bool:
    return stream.ranges_done == stream.ranges and not has_more(stream, plan, target)
