"""Tables of the dispatcher. Those that grow without end are partitioned by month of their ids (see the migration), and know
each other by id only: a foreign key would forbid to drop a month.
"""

from apps.dispatch.models.events import Cursor, Event, Materialisation, OperatorState, TaskInput, Waiting
from apps.dispatch.models.invalidations import Armed, Invalidation, InvalidationMark
from apps.dispatch.models.jobs import HandedHour, LiveJob, MissedTick, Route
from apps.dispatch.models.pins import Pin
from apps.dispatch.models.tasks import Attempt, Dedupe, LogChunk, Task, TaskQuerySet
from apps.dispatch.models.workers import Probe, Sweep, Worker

__all__ = [
    "Armed",
    "Attempt",
    "Cursor",
    "Dedupe",
    "Event",
    "HandedHour",
    "Invalidation",
    "InvalidationMark",
    "LiveJob",
    "LogChunk",
    "Materialisation",
    "MissedTick",
    "OperatorState",
    "Pin",
    "Probe",
    "Route",
    "Sweep",
    "Task",
    "TaskInput",
    "TaskQuerySet",
    "Waiting",
    "Worker",
]
