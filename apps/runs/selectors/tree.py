"""The tasks of a run: which led to which, and when each was worked on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from apps.dispatch.models import Attempt, Task
from apps.runs.selectors.seeing import JobName, Seen

# Rows that are drawn, tasks through which what lies below one is looked for, and attempts before the last that are drawn.
MOST_DRAWN, MOST_WALKED, MOST_TRIES = 300, 20_000, 1_000
_DEEPEST = 8

# Uses indexes task_root, task_input_task and the primary key of events. From the tasks up: one of them may have said a million
# events, and has few inputs.
_EDGES = """
WITH tree AS MATERIALIZED (
    SELECT id FROM dispatch_task WHERE root_id = %(root_id)s AND job_id = ANY(%(jobs)s::uuid[]) ORDER BY id LIMIT %(most)s
)
SELECT DISTINCT i.task_id, e.task_id
FROM tree JOIN dispatch_taskinput AS i ON i.task_id = tree.id JOIN dispatch_event AS e ON e.id = i.event_id
"""


@dataclass(frozen=True)
class Span:
    x: int
    width: int


@dataclass(frozen=True)
class Bar:
    """A row of the picture: `x` and `width` in thousandths of the run, `waited` what it stood before it was claimed."""

    task: Task
    job: JobName
    depth: int
    waited_x: int
    waited_width: int
    x: int
    width: int
    seconds: float | None
    # The attempts before the last, where there were some.
    tried: list[Span]


@dataclass(frozen=True)
class Tree:
    bars: list[Bar]
    more: int
    began_at: datetime | None
    seconds: float


def tree_of(root_id: UUID, seen: Seen, *, total: int, now: datetime) -> Tree:
    # Uses index task_root.
    tasks = list(Task.objects.filter(root_id=root_id, job_id__in=seen.ids).order_by("pk")[:MOST_DRAWN])
    if not tasks:
        return Tree([], 0, None, 0)
    began = min(task.created_at for task in tasks)
    ended = max(task.ended_at or now for task in tasks)
    span = max((ended - began).total_seconds(), 0.001)
    depths = _in_order(tasks, edges_of(root_id, seen, most=MOST_DRAWN))
    tries = _tries(tasks)
    bars = [_bar(task, seen.jobs[task.job_id], depth, tries.get(task.pk, ()), began, span, now) for task, depth in depths]
    return Tree(bars, max(0, total - len(tasks)), began, span)


def _tries(tasks: Sequence[Task]) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """When each attempt before a task's last began and ended. Uses index attempt_task."""
    again = [task.pk for task in tasks if task.attempt > 1]
    ended = Attempt.objects.of(*again).filter(ended_at__isnull=False).order_by("-claimed_at")[:MOST_TRIES] if again else []
    numbers = {task.pk: task.attempt for task in tasks}
    found: defaultdict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    for one in ended:
        if one.ended_at and one.number < numbers[one.task_id]:
            found[one.task_id].append((one.claimed_at, one.ended_at))
    return found


def edges_of(root_id: UUID, seen: Seen, *, most: int) -> dict[UUID, list[UUID]]:
    """By the task that led to others: those."""
    params: dict[str, Any] = {"root_id": root_id, "jobs": seen.ids, "most": most}
    below: defaultdict[UUID, list[UUID]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_EDGES, params)
        for child, parent in cursor.fetchall():
            below[parent].append(child)
    return below


def _in_order(tasks: Sequence[Task], below: Mapping[UUID, list[UUID]]) -> Iterator[tuple[Task, int]]:
    """Each below the first that led to it, in the order in which they were made; a loop, so that a chain of hundreds is no recursion."""
    by_id = {task.pk: task for task in tasks}
    children = {child for parent in by_id for child in below.get(parent, ())}
    left = [(task.pk, 0) for task in reversed(tasks) if task.pk not in children]
    drawn: set[UUID] = set()
    while left:
        task_id, depth = left.pop()
        if task_id in drawn or task_id not in by_id:
            continue
        drawn.add(task_id)
        yield by_id[task_id], min(depth, _DEEPEST)
        left += [(child, depth + 1) for child in sorted(below.get(task_id, ()), reverse=True)]


def _bar(
    task: Task, job: JobName, depth: int, tries: Sequence[tuple[datetime, datetime]], began: datetime, span: float, now: datetime
) -> Bar:
    def place(at: datetime) -> int:
        return min(1000, max(0, round((at - began).total_seconds() / span * 1000)))

    end = task.ended_at or now
    claimed = task.claimed_at
    x, waited = place(claimed or end), place(task.created_at)
    seconds = (end - claimed).total_seconds() if claimed else None
    # What was quicker than a thousandth is drawn all the same.
    tried = [Span(min(place(start), 996), max(4, place(over) - place(start))) for start, over in tries]
    return Bar(
        task, job, depth, waited, max(0, x - waited), min(x, 996), max(4, place(end) - x) if claimed else 0, seconds, tried
    )


@dataclass(frozen=True)
class Rewritten:
    """Tasks of one job below another task: what making that one again makes again. `partitions` are some of them."""

    job: JobName
    count: int
    partitions: list[str]


@dataclass(frozen=True)
class Below:
    jobs: list[Rewritten]
    count: int
    is_capped: bool


_FEW = 20


def below(task: Task, seen: Seen) -> Below:
    """All that a task led to, job by job."""
    edges = edges_of(task.root_id, seen, most=MOST_WALKED)
    found, left = set[UUID](), list(edges.get(task.pk, ()))
    while left:
        if (one := left.pop()) not in found:
            found.add(one)
            left += edges.get(one, ())
    found.discard(task.pk)
    size = Task.objects.filter(root_id=task.root_id)[: MOST_WALKED + 1].count()
    return Below(_by_job(found, seen), len(found), is_capped=size > MOST_WALKED)


def _by_job(task_ids: set[UUID], seen: Seen) -> list[Rewritten]:
    partitions: defaultdict[UUID, list[str]] = defaultdict(list)
    for job_id, partition in Task.objects.filter(pk__in=task_ids).order_by("pk").values_list("job_id", "partition_key"):
        partitions[job_id].append(partition)
    return [
        Rewritten(seen.jobs[job_id], len(found), list(dict.fromkeys(one for one in found if one))[:_FEW])
        for job_id, found in partitions.items()
    ]
