"""Streams as people see them: a few rows, whatever is in the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from apps.dags.domain import OPEN_BUILD
from apps.dags.models import Build, Dag, Job
from apps.dispatch.models import LiveJob
from apps.platform.errors import NotFound
from apps.syncing.domain import Plan, Rate, StreamState, eta_seconds, plan_of, rate_of
from apps.syncing.models import SyncStream

# Uses indexes task_waiting and task_under_way.
_ALIVE = """
SELECT job_id, count(*) FROM dispatch_task
WHERE org_id = %(org_id)s AND job_id = ANY(%(ids)s::uuid[]) AND (status = 'queued' AND handed_at IS NULL
    OR status = 'running' OR status = 'queued' AND handed_at IS NOT NULL OR status = 'failed' AND next_retry_at IS NOT NULL)
GROUP BY job_id
"""


@dataclass(frozen=True)
class Standing:
    """How a stream stands. `tasks`: those that are alive. `building`: the number of the version that it is built for."""

    stream: SyncStream
    live: LiveJob
    plan: Plan
    tasks: int
    building: int | None
    now: datetime

    @property
    def state(self) -> StreamState:
        """A pause holds from the moment at which somebody asks for it."""
        state = StreamState(self.stream.state)
        if self.live.paused_at is not None and state is not StreamState.DONE:
            return StreamState.PAUSED
        return StreamState.RUNNING if state is StreamState.PAUSED and self.live.paused_at is None else state

    @property
    def is_paused(self) -> bool:
        return self.live.paused_at is not None

    @property
    def reason(self) -> str:
        if self.state == self.stream.state:
            return self.stream.reason
        return "It is paused: what runs ends, and nothing more is planned." if self.is_paused else "It goes on."

    @property
    def blocks_in_flight(self) -> int:
        return max(0, self.stream.blocks - self.stream.blocks_done - self.stream.blocks_failed)

    @property
    def ranges_in_flight(self) -> int:
        return max(0, self.stream.ranges - self.stream.ranges_done - self.stream.ranges_failed)

    @property
    def blocks_to_plan(self) -> int | None:
        """None: nobody knows where the head is."""
        return None if self.stream.target is None else max(0, self.stream.target - self.stream.cursor)

    @property
    def blocks_left(self) -> int | None:
        """Those that failed are left as well, until somebody retries them."""
        return None if self.blocks_to_plan is None else self.blocks_to_plan + self.blocks_in_flight

    @property
    def blocks_in_all(self) -> int | None:
        return None if self.blocks_to_plan is None else self.stream.blocks + self.blocks_to_plan

    @property
    def lag(self) -> int | None:
        """Blocks of the chain that are not planned yet, those that it stays behind included."""
        return None if self.stream.head_number is None else max(0, self.stream.head_number + 1 - self.stream.cursor)

    @property
    def rate(self) -> Rate:
        return rate_of(self.stream.pace, self.stream.going_since, now=self.now)

    @property
    def eta_seconds(self) -> int | None:
        if self.stream.is_caught_up:
            return 0
        if self.state is not StreamState.RUNNING:
            return None
        return eta_seconds(self.blocks_left, self.rate.blocks)

    def percent(self, blocks: int) -> float:
        return 100 * blocks / self.blocks_in_all if self.blocks_in_all else 0.0


def streams_of(dag: Dag, *, now: datetime) -> list[Standing]:
    """Of the active version, and of one that is being built, in the order of the document."""
    wanted = LiveJob.objects.filter(dag=dag, strategy="", source="", job__isnull=False)
    at_work = Q(build__isnull=True) | Q(build__state__in=OPEN_BUILD)
    jobs = list(wanted.filter(at_work).select_related("job", "dag", "build__version").order_by("job__position", "build_id"))
    streams = {one.generation: one for one in SyncStream.objects.filter(dag=dag).defer("covered")}
    alive = _alive(dag, [job.pk for job in jobs])
    return [_standing(job, streams.get(job.generation), alive, now=now) for job in jobs]


def _standing(job: LiveJob, stream: SyncStream | None, alive: Mapping[UUID, int], *, now: datetime) -> Standing:
    plan = plan_of(job.job.spec if job.job else {})
    # In the moment between an activation and its planning.
    shown = stream or SyncStream(
        dag=job.dag, name=job.name, generation=job.generation, cursor=plan.from_block, target=plan.to_block,
        reason="It begins in a moment.",
    )  # fmt: skip
    building = job.build.version.number if job.build else None
    return Standing(shown, job, plan, alive.get(job.pk, 0), building, now)


def get_stream_jobs(dag: Dag, name: str) -> Sequence[LiveJob]:
    """By the name of a stream's job, or by that of an entrypoint, which are all of its streams."""
    jobs = LiveJob.objects.filter(dag=dag, strategy="", source="", job__isnull=False).select_related("dag", "job")
    live = list(jobs.filter(Q(build__isnull=True) | Q(build__state__in=OPEN_BUILD)))
    found = [job for job in live if job.name == name] or [job for job in live if job.job and job.job.spec["entrypoint"] == name]
    if not found:
        raise NotFound(
            f"`{dag.name}` has no stream `{name[:128]}` that is active: name one as `entrypoint_dataset`, or an entrypoint.",
            code="unknown_stream",
        )
    return found


def declares_streams(dag: Dag) -> bool:
    newest = dag.versions.order_by("-number").values("pk")[:1]
    return Job.objects.filter(version__in=newest, spec__has_key="entrypoint").exists()


def is_being_built(build: Build) -> bool:
    """Whether a stream of it has not come as far as it can."""
    jobs = LiveJob.objects.filter(build=build, strategy="", source="", job__isnull=False)
    wanted = set(jobs.values_list("pk", flat=True))
    there = SyncStream.objects.filter(job_id__in=wanted, is_caught_up=True).count() if wanted else 0
    return there < len(wanted)


def _alive(dag: Dag, job_ids: Sequence[UUID]) -> Mapping[UUID, int]:
    if not job_ids:
        return {}
    params: dict[str, Any] = {"org_id": dag.org_id, "ids": list(job_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_ALIVE, params)
        return dict(cursor.fetchall())
