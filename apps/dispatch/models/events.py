"""What attempts said of their outputs, whom it reached, and how far each job has come."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.dispatch.domain import EventKind
from apps.dispatch.models.base import OfTasks, words
from apps.dispatch.models.jobs import LiveJob
from apps.orm.ids import UuidV7


class Event(models.Model):
    """What an attempt said of one of its outputs. Never changed but for when it was routed."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    org_id = models.UUIDField()
    job_id = models.UUIDField()
    task_id = models.UUIDField()
    root_id = models.UUIDField()
    attempt = models.PositiveIntegerField()
    output = models.PositiveSmallIntegerField()
    generation = models.UUIDField()
    kind = models.CharField(max_length=10, choices=words(EventKind))
    cursor = models.DecimalField(max_digits=78, decimal_places=0, null=True)
    partition_key = models.CharField(max_length=200)
    range_start = models.BigIntegerField(null=True)
    range_end = models.BigIntegerField(null=True)
    # How often this scope of the output has been made, counting this one; 0 for what has no partition.
    materialisation = models.PositiveIntegerField()
    # What of its task makes it the same event.
    identity = models.CharField(max_length=300)
    data = models.JSONField(null=True)
    created_at = models.DateTimeField()
    routed_at = models.DateTimeField(null=True)

    objects = OfTasks.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["task_id", "identity"], name="event_task"),
            # The reconciler.
            models.Index(fields=["id"], name="event_unrouted", condition=Q(routed_at__isnull=True)),
            # What an output has said: for who begins to listen, and when it last did.
            models.Index(fields=["job_id", "output", "id"], name="event_job"),
            # What holds the mark of whoever listens.
            models.Index(fields=["job_id", "output"], name="event_unrouted_of", condition=Q(routed_at__isnull=True)),
        ]


class TaskInput(models.Model):
    """An event that a task was made for; or an invalidation, whose id is then in the place of the event's."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    task_id = models.UUIDField()
    input = models.PositiveSmallIntegerField()
    event_id = models.UUIDField()

    objects = OfTasks.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["task_id"], name="task_input_task"),
            # What an event led to.
            models.Index(fields=["event_id"], name="task_input_event"),
        ]


class Waiting(models.Model):
    """An event at the door of a job whose inputs must meet first."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    consumer = models.ForeignKey(LiveJob, models.CASCADE, related_name="+")
    # What meets what: the partition key, or empty.
    correlation = models.CharField(max_length=200)
    input = models.PositiveSmallIntegerField()
    event_id = models.UUIDField()
    arrived_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["consumer", "correlation"], name="waiting_door"),
            models.Index(fields=["arrived_at"], name="waiting_since"),
        ]


class Materialisation(models.Model):
    """How often a partition of an output was made."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    job_id = models.UUIDField()
    output = models.PositiveSmallIntegerField()
    generation = models.UUIDField()
    partition_key = models.CharField(max_length=200)
    number = models.PositiveIntegerField()
    # Long ago, and it is forgotten: what was made of that number is gone as well.
    raised_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["job_id", "output", "generation", "partition_key"], name="materialisation_once"),
        ]


class OperatorState(models.Model):
    """What a job remembers from task to task. `revision` is what a writer must have read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job_id = models.UUIDField()
    generation = models.UUIDField()
    value = models.JSONField(null=True)
    revision = models.PositiveIntegerField()
    written_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["job_id", "generation"], name="operator_state_once")]


class Cursor(models.Model):
    """How far a job has come with an input: the highest value below which all is done."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job_id = models.UUIDField()
    generation = models.UUIDField()
    value = models.DecimalField(max_digits=78, decimal_places=0)
    # The highest that is done, whatever lies below it.
    highest = models.DecimalField(max_digits=78, decimal_places=0)
    moved_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["job_id", "generation"], name="cursor_once")]
