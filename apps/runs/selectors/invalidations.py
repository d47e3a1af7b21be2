"""What of a dataset does not hold any more, who does it again, and what a person's word would have done again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.dispatch.domain import Status, What
from apps.dispatch.models import Invalidation, InvalidationMark, LiveJob, Route, Task
from apps.dispatch.selectors import count_met
from apps.runs.selectors.listing import emails_of
from apps.runs.selectors.seeing import JobName, Seen

# An output of a job: the dataset as the dispatcher knows it.
Output = tuple[LiveJob, int]


@dataclass(frozen=True)
class Redone:
    """Of one consumer. `job` is None where its DAG is not theirs to see."""

    job: JobName | None
    tasks: int
    done: int
    # One that nobody tries again by itself.
    failed: int
    first_open: UUID | None

    @property
    def is_done(self) -> bool:
        return self.done == self.tasks


@dataclass(frozen=True)
class Shown:
    invalidation: Invalidation
    # Who said it: a person, or a job that they see.
    said_by: str
    job: JobName | None
    consumers: list[Redone]


@dataclass(frozen=True)
class Affected:
    """A job that reads it, and how many tasks it would be made."""

    job: LiveJob
    tasks: int


@dataclass(frozen=True)
class _Need:
    """As the planner asks."""

    consumer_id: UUID
    generation: UUID
    partition_key: str
    range_start: int | None
    range_end: int | None


def invalidations_of(outputs: Sequence[Output], *, only_open: bool = False) -> QuerySet[Invalidation]:
    # Uses index invalidation_output.
    wanted = Q(pk__in=[])
    for job, output in outputs:
        wanted |= Q(job_id=job.pk, output=output)
    found = Invalidation.objects.filter(wanted)
    return found.filter(done_at__isnull=True) if only_open else found


def shown(invalidations: Sequence[Invalidation], seen: Seen) -> list[Shown]:
    marks: dict[UUID, list[InvalidationMark]] = defaultdict(list)
    for mark in InvalidationMark.objects.filter(invalidation__in=invalidations).order_by("pk"):
        marks[mark.invalidation_id].append(mark)
    states = _states(mark.task_id for of_one in marks.values() for mark in of_one if mark.processed_at is None)
    people = emails_of([one.said_by_id for one in invalidations])
    sayers = dict(Task.objects.filter(pk__in=[one.task_id for one in invalidations if one.task_id]).values_list("pk", "job_id"))
    return [
        Shown(
            one, people.get(one.said_by_id, "") if one.said_by_id else "",
            seen.jobs.get(sayers[one.task_id]) if one.task_id in sayers else None, _redone(marks[one.pk], states, seen),
        )
        for one in invalidations
    ]  # fmt: skip


def _states(task_ids: Iterable[UUID | None]) -> Mapping[UUID, str]:
    rows = Task.objects.filter(pk__in={one for one in task_ids if one})
    return {
        pk: Status.QUEUED if status == Status.FAILED and next_retry_at else status
        for pk, status, next_retry_at in rows.values_list("pk", "status", "next_retry_at")
    }


def _redone(marks: Sequence[InvalidationMark], states: Mapping[UUID, str], seen: Seen) -> list[Redone]:
    by_consumer: dict[UUID, list[InvalidationMark]] = defaultdict(list)
    for mark in marks:
        by_consumer[mark.consumer_id].append(mark)
    return [_of_consumer(seen.jobs.get(consumer_id), of_one, states) for consumer_id, of_one in by_consumer.items()]


def _of_consumer(job: JobName | None, marks: Sequence[InvalidationMark], states: Mapping[UUID, str]) -> Redone:
    open_ids = [mark.task_id for mark in marks if mark.processed_at is None and mark.task_id]
    failed = [one for one in open_ids if states.get(one) in {Status.FAILED, Status.CANCELED}]
    done = sum(mark.processed_at is not None and mark.task_id is not None for mark in marks)
    # One that failed is what somebody has to look at.
    first = next(iter([*failed, *open_ids]), None)
    return Redone(job, sum(mark.task_id is not None for mark in marks), done, len(failed), first)


def affected_by(outputs: Sequence[Output], what: What) -> list[Affected]:
    """The jobs that read one of them now; what they then invalidate themselves is not known before."""
    found: dict[UUID, Affected] = {}
    for job, output in outputs:
        routes = Route.objects.filter(producer=job, output=output, consumer__job__isnull=False).select_related("consumer__dag")
        for route in routes.order_by("consumer__dag__name", "consumer__name"):
            found.setdefault(route.consumer_id, Affected(route.consumer, _tasks(route.consumer, what)))
    return list(found.values())


def _tasks(consumer: LiveJob, what: What) -> int:
    if consumer.strategy != "PerPartition":
        return 1
    return count_met(_Need(consumer.pk, consumer.generation, what.key, what.start, what.end))
