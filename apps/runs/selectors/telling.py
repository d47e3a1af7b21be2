"""One task with all that is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from uuid import UUID

from apps.dispatch.domain import Status, oldest_of
from apps.dispatch.models import Attempt, Event, Invalidation, LiveJob, OperatorState, Task, TaskInput
from apps.runs.domain import Tally
from apps.runs.selectors.listing import emails_of
from apps.runs.selectors.seeing import JobName, Seen, version_numbers

# A Bulk task may have as many inputs as there were events, and an attempt may report a million.
MOST_SHOWN = 100
_COMPARED_WITH = 50


@dataclass(frozen=True)
class Arrived:
    """An event or an invalidation that the task was made for. `job` is None where its DAG is not theirs to see."""

    input: int
    event: Event | Invalidation
    job: JobName | None

    @property
    def reason(self) -> str:
        """Empty for an event."""
        return self.event.reason if isinstance(self.event, Invalidation) else ""

    @property
    def said_by(self) -> UUID | None:
        """A task; None where a person said it."""
        return self.event.task_id


@dataclass(frozen=True)
class Detail:
    task: Task
    live: LiveJob
    version: int | None
    made_by: str
    attempts: list[Attempt]
    inputs: list[Arrived]
    more_inputs: bool
    outputs: list[Event]
    more_outputs: bool
    taken_back: list[Invalidation]
    led_to: list[Task]
    seconds: float | None
    usual_seconds: float | None
    state: OperatorState | None

    @property
    def slower(self) -> float | None:
        """How many times as long as the job usually takes."""
        if not self.seconds or not self.usual_seconds:
            return None
        return self.seconds / self.usual_seconds


def detail_of(task: Task, live: LiveJob, seen: Seen, *, seconds: float | None = None) -> Detail:
    inputs, outputs, taken_back = arrived_at(task.pk, seen), events_of(task.pk), taken_back_by(task.pk)
    said = [one.pk for one in (*outputs[:MOST_SHOWN], *taken_back)]
    return Detail(
        task, live, version_numbers([task.version_job_id]).get(task.version_job_id),
        emails_of([task.made_by_id]).get(task.made_by_id, "") if task.made_by_id else "", attempts_of(task.pk),
        inputs[:MOST_SHOWN], len(inputs) > MOST_SHOWN, outputs[:MOST_SHOWN], len(outputs) > MOST_SHOWN,
        taken_back, _led_to(said, seen) if said else [], seconds, usual_seconds(task), _state_of(task),
    )  # fmt: skip


def attempts_of(task_id: UUID) -> list[Attempt]:
    """The newest first. Uses index attempt_task."""
    return list(Attempt.objects.of(task_id).order_by("-number")[:MOST_SHOWN])


def arrived_at(task_id: UUID, seen: Seen) -> list[Arrived]:
    """One more than is shown, where there are more. Uses index task_input_task."""
    links = list(TaskInput.objects.of(task_id).order_by("pk")[: MOST_SHOWN + 1].values_list("input", "event_id"))
    ids = [event_id for _, event_id in links]
    events: dict[UUID, Event | Invalidation] = {one.pk: one for one in Event.objects.filter(pk__in=ids)}
    if len(events) < len(set(ids)):
        events |= {one.pk: one for one in Invalidation.objects.filter(pk__in=ids)}
    return [
        Arrived(number, events[event_id], seen.jobs.get(events[event_id].job_id))
        for number, event_id in links if event_id in events
    ]  # fmt: skip


def events_of(task_id: UUID) -> list[Event]:
    """One more than is shown, where there are more. Uses index event_task."""
    return list(Event.objects.of(task_id).order_by("pk")[: MOST_SHOWN + 1])


def taken_back_by(task_id: UUID) -> list[Invalidation]:
    """What it said does not hold any more. Uses index invalidation_once."""
    return list(Invalidation.objects.filter(task_id=task_id).order_by("pk")[:MOST_SHOWN])


def _led_to(said: Sequence[UUID], seen: Seen) -> list[Task]:
    """Of those that the asker sees. Uses index task_input_event."""
    made = TaskInput.objects.filter(event_id__in=said, pk__gte=oldest_of(said)).values_list("task_id", flat=True)
    return list(Task.objects.filter(pk__in=list(made), job_id__in=seen.ids).order_by("pk")[:MOST_SHOWN])


def is_settled(root_id: UUID, tally: Tally) -> bool:
    """Nothing of the run is open, and nothing that it said is still to be heard by the jobs that listen."""
    # Uses indexes event_unrouted and invalidation_unplanned, which are short.
    return (
        not tally.open
        and not Invalidation.objects.filter(root_id=root_id, planned_at__isnull=True).exists()
        and not Event.objects.filter(root_id=root_id, routed_at__isnull=True, pk__gte=oldest_of([root_id])).exists()
    )


def usual_seconds(task: Task) -> float | None:
    """Of the last that the job completed."""
    # Uses index task_job.
    last = Task.objects.filter(job_id=task.job_id, status=Status.COMPLETED, claimed_at__isnull=False).exclude(pk=task.pk)
    times = last.order_by("-pk").values_list("claimed_at", "ended_at")[:_COMPARED_WITH]
    return _median(ended - claimed for claimed, ended in times if claimed and ended)


def _median(spans: Iterable[timedelta]) -> float | None:
    seconds: Sequence[float] = [span.total_seconds() for span in spans]
    return median(seconds) if seconds else None


def _state_of(task: Task) -> OperatorState | None:
    return OperatorState.objects.filter(job_id=task.job_id, generation=task.generation).first()
