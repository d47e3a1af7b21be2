"""From a job up to the source that can be asked for a range."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from apps.dispatch.chosen import Blocks
from apps.dispatch.domain import SPLITTER
from apps.dispatch.models import LiveJob, Route


class Lacks(Exception):
    """Nobody can make it: its words say which job lacks what."""


@dataclass(frozen=True)
class Start:
    """A manual source, started with a range; `tasks` of the job that it is for come of it, if that is known."""

    source: LiveJob
    blocks: Blocks
    tasks: int


@dataclass(frozen=True)
class Way:
    """The source first, then the jobs on the way down; the one that it is for is not among them."""

    path: tuple[LiveJob, ...]

    @property
    def source(self) -> LiveJob:
        return self.path[0]

    def tasks_over(self, blocks: Blocks) -> int:
        splitters = [job for job in self.path if job.operator == SPLITTER and job.job]
        if not splitters or splitters[-1].job is None:
            return 1
        size = int(splitters[-1].job.spec["config"]["chunk_size"])
        return -(-(blocks[1] - blocks[0] + 1) // size)


def ways_up(live: LiveJob, given: Collection[int], may_start: Collection[UUID]) -> list[Way] | Lacks:
    """To whoever must be asked for what the job lacks. Where inputs must meet, each that is not `given`; else the first that can."""
    routes = _routes_in(live)
    asked = sorted({route.input for route in routes} - (set(given) if live.trigger is not None else set()))
    found, lacks = [], Lacks(f"{_name(live, may_start)} has no input that is there")
    for number in asked:
        try:
            found.append(_way(live, number, may_start, {live.pk: None}))
        except Lacks as lack:
            lacks = lack
            if live.trigger is not None:
                return lack
            continue
        if live.trigger is None:
            break
    return list({way.source.pk: way for way in found}.values()) or lacks


# Jobs that were come to, with what they lack; None of those on the way itself. Each is climbed once: jobs whose inputs part and
# meet again would have a way for each combination.
_Climbed = dict[UUID, Lacks | None]


def _way(job: LiveJob, number: int | None, may_start: Collection[UUID], climbed: _Climbed) -> Way:
    lack = Lacks(f"{_name(job, may_start)} has no input that is there")
    for route in _routes_in(job):
        if number is not None and route.input != number:
            continue
        if route.producer_id in climbed:
            lack = climbed[route.producer_id] or lack
            continue
        climbed[route.producer_id] = None
        try:
            return _way_from(route.producer, may_start, climbed)
        except Lacks as found:
            lack = climbed[route.producer_id] = found
    raise lack


def _way_from(job: LiveJob, may_start: Collection[UUID], climbed: _Climbed) -> Way:
    name = _name(job, may_start)
    if job.job_id is None:
        raise Lacks(f"{name} is in no active version: activate one that has it")
    if job.paused_at is not None:
        raise Lacks(f"{name} is paused: resume it")
    if not job.source:
        return Way((*_way(job, None, may_start, climbed).path, job))
    if job.source != "manual":
        raise Lacks(f"{name} is a source of kind {job.source}, which cannot be asked for a range: only a manual one can")
    if job.dag_id not in may_start:
        raise Lacks(f"{name} would have to be started, which takes the right to change its DAG")
    return Way((job,))


def _routes_in(job: LiveJob) -> list[Route]:
    routes = Route.objects.filter(consumer=job, listens=True).select_related("producer__dag", "producer__job")
    return list(routes.order_by("input", "producer__name"))


def _name(job: LiveJob, may_start: Collection[UUID]) -> str:
    """A DAG that is not theirs has no name."""
    return f"`{job.name}` of `{job.dag.name}`" if job.dag_id in may_start else "A job of a DAG that you may not change"
