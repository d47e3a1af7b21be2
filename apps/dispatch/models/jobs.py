"""Jobs by their identity over versions, and what is known of each."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.dags.models import Build, Dag, Job
from apps.dispatch.domain import Priority
from apps.orgs.models import Org
from apps.orm.ids import UuidV7


class LiveJob(models.Model):
    """A job by its identity over versions, `(DAG, name)`, with what handing out its tasks needs to know."""

    id = models.UUIDField(primary_key=True, editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    dag = models.ForeignKey(Dag, models.CASCADE, related_name="live_jobs")
    name = models.CharField(max_length=128)
    # As the active version has it; NULL once no active version has it.
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    definition_hash = models.CharField(max_length=64)
    # Set on one that works beside the live job of its name, for a version that is built before it takes over.
    build = models.ForeignKey(Build, models.CASCADE, null=True, related_name="+")
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
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["dag", "name"], name="live_job_name", condition=Q(build__isnull=True)),
            models.UniqueConstraint(fields=["build", "name"], name="candidate_job_name", condition=Q(build__isnull=False)),
        ]
        indexes: ClassVar = [
            # The cron loop.
            models.Index(fields=["next_fire_at"], name="live_job_due", condition=Q(next_fire_at__isnull=False)),
            # A delivery to a webhook.
            models.Index(fields=["org", "webhook_path"], name="live_job_hook", condition=~Q(webhook_path="")),
        ]

    @property
    def is_stream(self) -> bool:
        """Of chain_sync: nothing fires it and nothing arrives at it; its ranges are planned."""
        return not self.strategy and not self.source


class Route(models.Model):
    """An output of a job is an input of another. Made when a version becomes active, so that an event asks once."""

    producer = models.ForeignKey(LiveJob, models.CASCADE, related_name="routes_out")
    output = models.PositiveSmallIntegerField()
    consumer = models.ForeignKey(LiveJob, models.CASCADE, related_name="routes_in")
    input = models.PositiveSmallIntegerField()
    # Only events that match: each key with the values that it may have.
    where = models.JSONField(default=dict)
    # Into a version that is being built: what comes now waits until it takes over.
    waits = models.BooleanField(default=False, db_default=False)
    # Not where a config alone names the dataset: that is read when a task runs. Its events make no task; what is invalid of it does.
    listens = models.BooleanField(default=True, db_default=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["producer", "output", "consumer", "input"], name="route_once"),
        ]


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
