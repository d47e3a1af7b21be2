"""The streams of chain_sync, and the ledger of their ranges."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Now

from apps.dags.models import Dag
from apps.orgs.models import Org
from apps.orm.ids import UuidV7
from apps.syncing.domain import RangeState, StreamState


class MultiRange(models.Field):  # type: ignore[type-arg]  # Django has no such type at run time
    """Spans of numbers that do not touch each other. Only SQL of ours reads and writes it."""

    def db_type(self, connection: Any) -> str:
        return "int8multirange"


class StreamQuerySet(models.QuerySet["SyncStream"]):
    def at_work(self) -> Self:
        """A job does them, of the active version or of one that is built."""
        return self.filter(job_id__isnull=False)


class SyncStream(models.Model):
    """How far a stream is, by what it makes: the cursor stays with the same definition, over versions, rollbacks and rebuilds, and
    another definition has one of its own.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    dag = models.ForeignKey(Dag, models.CASCADE, related_name="+")
    name = models.CharField(max_length=128)
    # Made of the identity of the job and its definition, so it is one of one stream of one DAG.
    generation = models.UUIDField(unique=True)
    # The live job whose tasks work at it now; NULL while no version that is active, or built, has it.
    job_id = models.UUIDField(null=True)
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in StreamState], default=StreamState.RUNNING)
    # Why it is as it is, in words for people.
    reason = models.TextField(blank=True, default="")
    # All that the ledger has, added up: what is in it is never planned again.
    covered = MultiRange(default="{}", db_default=Value("{}"))
    # The first block that is not planned; and the one before which it stops today.
    cursor = models.BigIntegerField(default=0)
    target = models.BigIntegerField(null=True)
    head_number = models.BigIntegerField(null=True)
    head_hash = models.CharField(max_length=66, blank=True, default="")
    head_seen_at = models.DateTimeField(null=True)
    # Asked for again then; and why the last answer was none.
    look_at = models.DateTimeField(null=True)
    head_problem = models.TextField(blank=True, default="")
    # Of the ledger, kept as it changes: nobody counts ten thousand rows to look at a page.
    ranges = models.PositiveIntegerField(default=0)
    ranges_done = models.PositiveIntegerField(default=0)
    ranges_failed = models.PositiveIntegerField(default=0)
    blocks = models.PositiveBigIntegerField(default=0)
    blocks_done = models.PositiveBigIntegerField(default=0)
    blocks_failed = models.PositiveBigIntegerField(default=0)
    rows_done = models.PositiveBigIntegerField(default=0)
    # Nothing is left to plan up to the target, and all that was planned is done.
    is_caught_up = models.BooleanField(default=False)
    # (slot, blocks, rows) of the last minutes.
    pace = models.JSONField(default=list)
    # Since when it works without a break, what its rate is told of.
    going_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    moved_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    objects = StreamQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["dag", "name", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["dag", "name"], name="sync_stream_dag"),
            # Whose head is to be asked for.
            models.Index(fields=["look_at"], name="sync_stream_look", condition=Q(look_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.name


class SyncRange(models.Model):
    """A range of a stream, both ends included: one task makes one partition of it. Once written it is there for good."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    stream = models.ForeignKey(SyncStream, models.CASCADE, related_name="ledger")
    start = models.BigIntegerField()
    end = models.BigIntegerField()
    # NULL: its task went away with the version that it was of, and another is owed.
    task_id = models.UUIDField(null=True)
    # How many tasks it was given.
    times = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in RangeState], default=RangeState.PLANNED)
    # Of the partition that was committed; NULL where none was.
    rows = models.PositiveBigIntegerField(null=True)
    planned_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["stream", "start"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["stream", "start"], name="sync_range_once"),
            models.CheckConstraint(condition=Q(end__gte=F("start")), name="sync_range_forward"),
            # Whatever a planner does wrong: no block is in two ranges.
            ExclusionConstraint(
                name="sync_range_apart",
                expressions=[
                    ("stream", RangeOperators.EQUAL),
                    (Func("start", "end", Value("[]"), function="int8range"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes: ClassVar = [
            # What is not done: few of many.
            models.Index(fields=["stream", "start"], name="sync_range_open", condition=~Q(state=RangeState.DONE)),
        ]
