"""Lists of tasks: an org's newest first, a page at a time by id, counted up to a bound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q, QuerySet

from apps.accounts.models import Person
from apps.dags.models import Job
from apps.dispatch.models import Task, TaskQuerySet
from apps.orgs.models import Org
from apps.runs.domain import DEAD, MOST_COUNTED, RETRYING, WAITING, Tally, Wanted, first_id_at
from apps.runs.selectors.seeing import JobName, Seen, version_numbers

# Of one run at least, and of all of a page together: what small runs leave goes to the large ones, so that nearly every page tells
# all of each, and none costs more than so many rows.
MOST_TALLIED, MOST_TALLIED_TOGETHER = 1_000, 40_000
# Uses index task_root.
_TALLIES = """
SELECT r.id, t.word, count(*), max(t.ended_at)
FROM unnest(%(ids)s::uuid[]) AS r(id)
CROSS JOIN LATERAL (
    SELECT ended_at, CASE WHEN status <> 'failed' OR next_retry_at IS NULL THEN status
        WHEN (error ->> 'wait_seconds')::float8 > 0 THEN %(waiting)s ELSE %(retrying)s END AS word FROM dispatch_task
    WHERE root_id = r.id AND job_id = ANY(%(jobs)s::uuid[]) LIMIT %(most)s
) AS t
GROUP BY 1, 2
"""


def tasks_matching(org: Org, wanted: Wanted, seen: Seen) -> TaskQuerySet:
    """Newest first. Uses index task_org, or with few jobs task_job; ids in an order of time pass over months that are not meant."""
    tasks = _with_state(Task.objects.of(org).filter(job_id__in=seen.chosen(wanted)), wanted.status)
    if wanted.cause:
        tasks = tasks.filter(cause=wanted.cause)
    if wanted.root:
        tasks = tasks.filter(root_id=wanted.root)
    if wanted.version is not None:
        jobs = Job.objects.filter(version__number=wanted.version, version__dag__name=wanted.dag, version__dag__org=org)
        tasks = tasks.filter(version_job_id__in=list(jobs.values_list("pk", flat=True)))
    if wanted.since:
        tasks = tasks.filter(pk__gte=first_id_at(wanted.since))
    if wanted.until:
        tasks = tasks.filter(pk__lt=first_id_at(wanted.until))
    return (tasks.filter(_over(wanted)) if wanted.blocks else tasks).order_by("-pk")


def _with_state(tasks: TaskQuerySet, status: str) -> TaskQuerySet:
    if status == DEAD:
        return tasks.dead()
    if status == RETRYING:
        return tasks.retrying()
    if status == WAITING:
        return tasks.waiting()
    return tasks.filter(status=status) if status else tasks


def _over(wanted: Wanted) -> Q:
    """A task of a cursor has no range: its value is its partition."""
    assert wanted.blocks  # noqa: S101  the caller looked
    start, end = wanted.blocks
    ranged = Q(range_start__lte=end, range_end__gte=start)
    return ranged | Q(range_start__isnull=True, partition_key=str(start)) if start == end else ranged


def runs_only(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """Those that nothing else led to."""
    return tasks.filter(pk=F("root_id"))


def counted(tasks: QuerySet[Task]) -> tuple[int, bool]:
    """How many, and whether there are more than anybody counts."""
    found = tasks.order_by()[: MOST_COUNTED + 1].count()
    return min(found, MOST_COUNTED), found > MOST_COUNTED


def page_before(tasks: QuerySet[Task], cursor: UUID | None, *, size: int) -> tuple[list[Task], UUID | None]:
    """`cursor`: the last id of the page before."""
    found = list((tasks.filter(pk__lt=cursor) if cursor else tasks)[: size + 1])
    return found[:size], found[size - 1].pk if len(found) > size else None


@dataclass(frozen=True)
class Row:
    """A line of a list. `tally` is of the run that the task began; None for a task that something led to."""

    task: Task
    job: JobName
    version: int | None
    made_by: str
    tally: Tally | None


def rows_of(tasks: Sequence[Task], seen: Seen, *, with_tallies: bool) -> list[Row]:
    versions = version_numbers([task.version_job_id for task in tasks])
    people = emails_of(task.made_by_id for task in tasks)
    tallies = tallies_of([task.pk for task in tasks if task.pk == task.root_id], seen.ids) if with_tallies else {}
    return [
        Row(
            task, seen.jobs[task.job_id], versions.get(task.version_job_id),
            people.get(task.made_by_id, "") if task.made_by_id else "", tallies.get(task.pk),
        )
        for task in tasks
    ]  # fmt: skip


def emails_of(person_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    wanted = {one for one in person_ids if one}
    return dict(Person.objects.filter(pk__in=wanted).values_list("pk", "email")) if wanted else {}


def tallies_of(root_ids: Sequence[UUID], job_ids: Sequence[UUID], *, most: int = MOST_TALLIED) -> dict[UUID, Tally]:
    """Of the runs that began with these; `job_ids`: the jobs whose tasks are counted; `most`: of each at least so many."""
    tallies = _tallied(root_ids, job_ids, most=most) if root_ids else {}
    large = [root_id for root_id, tally in tallies.items() if tally.is_capped]
    share = (MOST_TALLIED_TOGETHER - sum(tally.total for tally in tallies.values())) // len(large) if large else 0
    return tallies | _tallied(large, job_ids, most=share) if share > most else tallies


def _tallied(root_ids: Sequence[UUID], job_ids: Sequence[UUID], *, most: int) -> dict[UUID, Tally]:
    params: dict[str, Any] = {
        "ids": list(root_ids),
        "jobs": list(job_ids),
        "most": most + 1,
        "waiting": WAITING,
        "retrying": RETRYING,
    }
    counts: defaultdict[UUID, dict[str, int]] = defaultdict(dict)
    ends: dict[UUID, datetime] = {}
    with connection.cursor() as cursor:
        cursor.execute(_TALLIES, params)
        for root_id, word, count, ended_at in cursor.fetchall():
            counts[root_id][word] = count
            if ended_at:
                ends[root_id] = max(ended_at, ends.get(root_id, ended_at))
    return {root_id: _tally(found, most, ends.get(root_id)) for root_id, found in counts.items()}


def _tally(counts: dict[str, int], most: int, ended_at: datetime | None) -> Tally:
    """The one row beyond the bound only says that there are more."""
    is_capped = sum(counts.values()) > most
    if is_capped:
        largest = max(counts, key=lambda word: counts[word])
        counts = counts | {largest: counts[largest] - 1}
    return Tally(**counts, is_capped=is_capped, last_ended_at=ended_at)
