"""Tables of the dispatcher. Those that grow without end are partitioned by month of their ids (see the migration), and know
each other by id only: a foreign key would forbid to drop a month.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.dags.models import Dag, Job
from apps.dispatch.domain import Cause, EventKind, Outcome, Priority, Status, oldest_of
from apps.orgs.models import Org
from apps.orm.ids import UuidV7


def _words(enum: type) -> list[tuple[str, str]]:
    return [(one.value, one.value) for one in enum]  # type: ignore[attr-defined]


class OfTasks(models.QuerySet[Any]):
    """Of tables whose rows name a task, and are younger than it: months before it are not looked at."""

    def of(self, *task_ids: uuid.UUID) -> Self:
        return self.filter(task_id__in=task_ids, pk__gte=oldest_of(task_ids))


class Probe(models.Model):
    """A message that does nothing but travel: outbox, queue, worker, internal plane. Shows that the path is whole."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    sent_at = models.DateTimeField(db_default=Now())
    received_at = models.DateTimeField(null=True, blank=True)
    worker_id = models.CharField(max_length=120, blank=True, default="")

    class Meta:
        indexes: ClassVar = [
            # The newest that came back, for the health page.
            models.Index(fields=["-received_at"], name="probe_received", condition=Q(received_at__isnull=False)),
        ]


class Worker(models.Model):
    """A worker process that has called the internal plane."""

    id = models.CharField(primary_key=True, max_length=120)
    kind = models.CharField(max_length=40)
    first_seen_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(db_default=Now())


class LiveJob(models.Model):
    """A job by its identity over versions, `(DAG, name)`, with what handing out its tasks needs to know."""

    id = models.UUIDField(primary_key=True, editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    dag = models.ForeignKey(Dag, models.CASCADE, related_name="live_jobs")
    name = models.CharField(max_length=128)
    # As the active version has it; NULL once no active version has it.
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    definition_hash = models.CharField(max_length=64)
    # Of what it makes: its definition, and that of all it is made of.
    generation = models.UUIDField()
    operator = models.CharField(max_length=100)
    runtime = models.CharField(max_length=20)
    # `PerUpdate`, `PerPartition`, `Bulk`; empty for a source.
    strategy = models.CharField(max_length=20, blank=True)
    # How its inputs must meet; NULL is `any`.
    trigger = models.JSONField(null=True)
    trigger_seconds = models.PositiveIntegerField(null=True)
    # cron, webhook, manual, always_on; empty for a reactive job.
    source = models.CharField(max_length=20, blank=True)
    schedule = models.CharField(max_length=200, blank=True)
    webhook_path = models.CharField(max_length=200, blank=True)
    priority = models.SmallIntegerField(choices=[(one.value, one.name.lower()) for one in Priority], default=Priority.NORMAL)
    # NULL: as many as there are; a source that never gives up has no number of attempts.
    max_concurrency = models.PositiveIntegerField(null=True)
    max_attempts = models.PositiveIntegerField(null=True)
    timeout_seconds = models.PositiveIntegerField(null=True)
    lease_seconds = models.PositiveIntegerField()
    max_queue_depth = models.PositiveIntegerField(null=True)
    max_queue_seconds = models.PositiveIntegerField(null=True)
    # By a person; and because something downstream cannot keep up.
    paused_at = models.DateTimeField(null=True)
    pressed_at = models.DateTimeField(null=True)
    # Its own queue is what is too long.
    pressing_at = models.DateTimeField(null=True)
    next_fire_at = models.DateTimeField(null=True)
    last_fired_at = models.DateTimeField(null=True)
    # Of an always_on source that fell: not before then.
    restart_at = models.DateTimeField(null=True)
    falls = models.PositiveIntegerField(default=0)
    # How many tasks a Bulk job was made.
    bulks = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["dag", "name"], name="live_job_name")]
        indexes: ClassVar = [
            # The cron loop.
            models.Index(fields=["next_fire_at"], name="live_job_due", condition=Q(next_fire_at__isnull=False)),
            # A delivery to a webhook.
            models.Index(fields=["org", "webhook_path"], name="live_job_hook", condition=~Q(webhook_path="")),
        ]


class Route(models.Model):
    """An output of a job is an input of another. Made when a version becomes active, so that an event asks once."""

    producer = models.ForeignKey(LiveJob, models.CASCADE, related_name="routes_out")
    output = models.PositiveSmallIntegerField()
    consumer = models.ForeignKey(LiveJob, models.CASCADE, related_name="routes_in")
    input = models.PositiveSmallIntegerField()
    # Only events that match: each key with the values that it may have.
    where = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["producer", "output", "consumer", "input"], name="route_once"),
        ]


class TaskQuerySet(models.QuerySet["Task"]):
    def of(self, org: Org) -> Self:
        return self.filter(org_id=org.pk)

    def dead(self) -> Self:
        # Uses index task_dead.
        return self.filter(status=Status.FAILED, next_retry_at__isnull=True)

    def retrying(self) -> Self:
        """Failed, and tried again when it is time."""
        return self.filter(status=Status.FAILED, next_retry_at__isnull=False)

    def unfinished(self) -> Self:
        """Something may still come of them without anybody's doing."""
        return self.filter(Q(status__in=[Status.QUEUED, Status.RUNNING]) | Q(status=Status.FAILED, next_retry_at__isnull=False))


class Task(models.Model):
    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    org_id = models.UUIDField()
    # The job by its identity, and as it is in the version that the task belongs to.
    job_id = models.UUIDField()
    version_job_id = models.UUIDField()
    generation = models.UUIDField()
    # The first task of all that led to this one; itself where nothing did.
    root_id = models.UUIDField()
    cause = models.CharField(max_length=12, choices=_words(Cause))
    made_by_id = models.UUIDField(null=True)
    dedupe_key = models.CharField(max_length=300)
    # Run again for itself: what it says is kept, and makes no tasks below.
    is_alone = models.BooleanField()
    status = models.CharField(max_length=10, choices=_words(Status))
    # The number of the attempt that was claimed last, and how many count against the limit.
    attempt = models.PositiveIntegerField()
    failures = models.PositiveIntegerField()
    priority = models.SmallIntegerField()
    runtime = models.CharField(max_length=20)
    # In what order the tasks of a job that does one at a time are done; NULL is by age.
    position = models.DecimalField(max_digits=78, decimal_places=0, null=True)
    partition_key = models.CharField(max_length=200)
    range_start = models.BigIntegerField(null=True)
    range_end = models.BigIntegerField(null=True)
    # What started a source, as the operator is told.
    fired = models.JSONField(null=True)
    created_at = models.DateTimeField()
    queued_at = models.DateTimeField()
    # Since when its runtime knows of it; NULL while it waits here.
    handed_at = models.DateTimeField(null=True)
    # When it was told again, since nobody claimed it; of no account once it is handed over anew, which is later.
    told_again_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    worker_id = models.CharField(max_length=120)
    lease_token = models.UUIDField(null=True)
    lease_expires_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    progress = models.JSONField(null=True)
    cancel_requested_at = models.DateTimeField(null=True)
    next_retry_at = models.DateTimeField(null=True)
    error = models.JSONField(null=True)
    # What runs it where it has a container to itself, and the attempt that the container was started for.
    container = models.CharField(max_length=300, blank=True, db_default="")
    container_attempt = models.PositiveIntegerField(null=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            # Runs: of an org, of a job, of a tree.
            models.Index(fields=["org_id", "-id"], name="task_org"),
            models.Index(fields=["job_id", "-id"], name="task_job"),
            models.Index(fields=["root_id", "id"], name="task_root"),
            models.Index(fields=["org_id", "-id"], name="task_runs", condition=Q(root_id=models.F("id"))),
            # Hand-over: which jobs of an org wait, and what each of them does next.
            models.Index(
                fields=["org_id", "job_id", "-priority", "position", "id"], name="task_waiting",
                condition=Q(status=Status.QUEUED, handed_at__isnull=True),
            ),
            # Hand-over: how much of a job, and of an org, is under way.
            models.Index(
                fields=["org_id", "job_id"], name="task_under_way",
                condition=Q(status=Status.RUNNING) | Q(status=Status.QUEUED, handed_at__isnull=False)
                | Q(status=Status.FAILED, next_retry_at__isnull=False),
            ),
            # The low-water mark of a job: what is not done yet.
            models.Index(
                fields=["job_id", "position"], name="task_open",
                condition=Q(status__in=[Status.QUEUED, Status.RUNNING, Status.FAILED], position__isnull=False),
            ),
            # An event joins the task of its partition, or of its job, that nobody has claimed. How long a queue is.
            models.Index(
                fields=["job_id", "partition_key"], name="task_joinable",
                condition=Q(status=Status.QUEUED),
            ),
            # The reaper. Not by expiry: heartbeats would have to touch the index.
            models.Index(fields=["id"], name="task_running", condition=Q(status=Status.RUNNING)),
            # The retry loop.
            models.Index(
                fields=["next_retry_at"], name="task_due", condition=Q(status=Status.FAILED, next_retry_at__isnull=False)
            ),
            # Dead letters.
            models.Index(fields=["org_id", "-id"], name="task_dead", condition=Q(status=Status.FAILED, next_retry_at__isnull=True)),
        ]  # fmt: skip


class Dedupe(models.Model):
    """That a job has a task by this key: in a table of its own, because `dispatch_task` is partitioned by another column."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    job_id = models.UUIDField()
    key = models.CharField(max_length=300)
    task_id = models.UUIDField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["job_id", "key"], name="dedupe_once")]


class Attempt(models.Model):
    """One try of a task. What it was stays readable after the next."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    org_id = models.UUIDField()
    task_id = models.UUIDField()
    number = models.PositiveIntegerField()
    worker_id = models.CharField(max_length=120)
    claimed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=15, choices=_words(Outcome), blank=True)
    error = models.JSONField(null=True)
    metrics = models.JSONField(null=True)
    outputs = models.JSONField(null=True)
    # Of the completion that was accepted: the same one again is answered the same.
    digest = models.CharField(max_length=64, blank=True)
    log_lines = models.PositiveIntegerField()
    log_bytes = models.PositiveBigIntegerField()
    log_dropped = models.PositiveIntegerField()

    objects = OfTasks.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["task_id", "number"], name="attempt_task")]


class TaskInput(models.Model):
    """An event that a task was made for."""

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
    kind = models.CharField(max_length=10, choices=_words(EventKind))
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
            # What holds the mark of whoever listens.
            models.Index(fields=["job_id", "output"], name="event_unrouted_of", condition=Q(routed_at__isnull=True)),
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


class LogChunk(models.Model):
    """Lines of an attempt as they came in, from line `first_line` on."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    org_id = models.UUIDField()
    task_id = models.UUIDField()
    attempt = models.PositiveIntegerField()
    first_line = models.PositiveIntegerField()
    lines = models.PositiveIntegerField()
    # Milliseconds since the epoch, a letter of the level, the text: as three arrays, which is a third of the size as JSON.
    at_ms = ArrayField(models.BigIntegerField())
    levels = models.CharField(max_length=2_000)
    texts = ArrayField(models.TextField())

    objects = OfTasks.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["task_id", "attempt", "first_line"], name="log_chunk_task")]


class MissedTick(models.Model):
    """A tick of a cron source that did not fire, because nobody was there to fire it."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    job = models.ForeignKey(LiveJob, models.CASCADE, related_name="missed_ticks")
    scheduled_at = models.DateTimeField()
    noticed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "scheduled_at"], name="missed_tick_once")]


class HandedHour(models.Model):
    """How many tasks an org was handed in an hour, for its quota."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    org_id = models.UUIDField()
    hour = models.DateTimeField()
    handed = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["org_id", "hour"], name="handed_hour_once")]
