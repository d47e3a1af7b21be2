"""Tasks and their attempts."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from apps.dispatch.domain import Cause, Outcome, Status
from apps.dispatch.models.base import OfTasks, words
from apps.orgs.models import Org
from apps.orm.ids import UuidV7

_RETRYING = Q(status=Status.FAILED, next_retry_at__isnull=False)


class TaskQuerySet(models.QuerySet["Task"]):
    def of(self, org: Org) -> Self:
        return self.filter(org_id=org.pk)

    def dead(self) -> Self:
        # Uses index task_dead.
        return self.filter(status=Status.FAILED, next_retry_at__isnull=True)

    def retrying(self) -> Self:
        """Failed, and tried again when it is time."""
        return self.filter(
            _RETRYING & (Q(error__isnull=True) | Q(error__wait_seconds__isnull=True) | Q(error__wait_seconds=None))
        )

    def waiting(self) -> Self:
        """They found that it is not time yet, and come back when it is."""
        return self.filter(_RETRYING, error__wait_seconds__gt=0)

    def unfinished(self) -> Self:
        """Something may still come of them without anybody's doing."""
        return self.filter(Q(status__in=[Status.QUEUED, Status.RUNNING]) | _RETRYING)


class Task(models.Model):
    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    org_id = models.UUIDField()
    # The job by its identity, and as it is in the version that the task belongs to.
    job_id = models.UUIDField()
    version_job_id = models.UUIDField()
    generation = models.UUIDField()
    # The first task of all that led to this one; itself where nothing did.
    root_id = models.UUIDField()
    cause = models.CharField(max_length=12, choices=words(Cause))
    made_by_id = models.UUIDField(null=True)
    dedupe_key = models.CharField(max_length=300)
    # Run again for itself: what it says is kept, and makes no tasks below.
    is_alone = models.BooleanField()
    status = models.CharField(max_length=10, choices=words(Status))
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
    outcome = models.CharField(max_length=15, choices=words(Outcome), blank=True)
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
