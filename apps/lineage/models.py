from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.dags.models import DagVersion
from apps.lineage.domain import ReadAs
from apps.orm.ids import UuidV7
from operators.sdk.words import Derivation


class Made(models.Model):
    """A scope of a version of an output, made once. Kept when its task is forgotten: so it names everything, and points at nothing.

    Of a table that grows block by block one row is many of them: `cursor_first` to `cursor`, as long as they follow each other.
    """

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    org_id = models.UUIDField()
    # Which event told of it first; of batches, the last that is counted in it.
    event_id = models.UUIDField(unique=True)
    output_id = models.UUIDField()
    version_id = models.UUIDField()
    partition_id = models.UUIDField(null=True)
    key = models.CharField(max_length=200, blank=True)
    range_start = models.BigIntegerField(null=True)
    range_end = models.BigIntegerField(null=True)
    # How often this scope had been made, counting this one.
    number = models.PositiveIntegerField()
    cursor_first = models.DecimalField(max_digits=78, decimal_places=0, null=True)
    cursor = models.DecimalField(max_digits=78, decimal_places=0, null=True)
    # How many reports this row stands for.
    times = models.PositiveIntegerField(default=1)
    task_id = models.UUIDField()
    attempt = models.PositiveIntegerField()
    root_id = models.UUIDField()
    dag_id = models.UUIDField()
    dag = models.CharField(max_length=63)
    job = models.CharField(max_length=128)
    output = models.PositiveSmallIntegerField()
    dag_version = models.PositiveIntegerField()
    generation = models.UUIDField()
    operator = models.CharField(max_length=100)
    operator_version = models.CharField(max_length=20)
    # One of `dispatch.domain.Cause`, or of what those were when it was made.
    cause = models.CharField(max_length=12)
    # Of the first task of all that led to it: why it was there, and whose doing that was.
    root_cause = models.CharField(max_length=12, blank=True)
    triggered_by_id = models.UUIDField(null=True)
    started_at = models.DateTimeField(null=True)
    made_at = models.DateTimeField()
    rows = models.PositiveBigIntegerField(null=True)
    size_bytes = models.PositiveBigIntegerField(null=True)
    schema_hash = models.CharField(max_length=64, blank=True)
    metrics = models.JSONField(null=True)

    class Meta:
        verbose_name_plural = "made"
        indexes: ClassVar = [
            # What made this partition, newest first.
            models.Index(fields=["version_id", "key", "-id"], name="made_key"),
            # What made what lies in this range.
            models.Index(fields=["version_id", "range_start"], name="made_range", condition=Q(range_start__isnull=False)),
            # The row that the next block may extend.
            models.Index(fields=["version_id", "-cursor"], name="made_cursor", condition=Q(cursor__isnull=False)),
            models.Index(fields=["version_id", "-id"], name="made_newest"),
            models.Index(fields=["task_id"], name="made_task"),
        ]

    @property
    def seconds(self) -> float | None:
        return (self.made_at - self.started_at).total_seconds() if self.started_at else None


class MadeFrom(models.Model):
    """Something that was read for it."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    made = models.ForeignKey(Made, models.CASCADE, related_name="inputs")
    input = models.PositiveSmallIntegerField()
    read_as = models.CharField(max_length=12, choices=[(one.value, one.value) for one in ReadAs])
    # Of whose output: as the registry knows it, and by names.
    output_id = models.UUIDField()
    version_id = models.UUIDField()
    dag = models.CharField(max_length=63)
    job = models.CharField(max_length=128)
    output = models.PositiveSmallIntegerField()
    # That very piece of it, where one was pinned: restored, it has another number.
    partition_id = models.UUIDField(null=True)
    key = models.CharField(max_length=200, blank=True)
    range_start = models.BigIntegerField(null=True)
    range_end = models.BigIntegerField(null=True)
    number = models.PositiveIntegerField()
    cursor_first = models.DecimalField(max_digits=78, decimal_places=0, null=True)
    cursor = models.DecimalField(max_digits=78, decimal_places=0, null=True)
    # How many pieces this row stands for: beyond a number they are kept as one.
    pieces = models.PositiveIntegerField(default=1)
    rows = models.PositiveBigIntegerField(null=True)
    size_bytes = models.PositiveBigIntegerField(null=True)

    class Meta:
        verbose_name_plural = "made from"
        indexes: ClassVar = [
            models.Index(fields=["made", "input"], name="made_from_made"),
            # What was made of this partition; what was made of blocks that lie in none.
            models.Index(fields=["version_id", "key"], name="made_from_key"),
            models.Index(fields=["version_id", "range_start", "range_end"], name="made_from_blocks", condition=Q(key="")),
        ]


class OutputColumns(models.Model):
    """That the columns of an output were traced, in one version of its DAG; and why there is nothing, or not all."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(DagVersion, models.CASCADE, related_name="+")
    job = models.CharField(max_length=128)
    output = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=500, blank=True)
    traced_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "output columns"
        constraints: ClassVar = [models.UniqueConstraint(fields=["version", "job", "output"], name="output_columns_once")]


class ColumnEdge(models.Model):
    """A column of an output, and one of what its job reads that it comes from. `*` is every column, as it is."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    of = models.ForeignKey(OutputColumns, models.CASCADE, related_name="edges")
    # Empty: the output as a whole, of what decides which rows there are.
    column = models.CharField(max_length=255, blank=True)
    source_dataset = models.CharField(max_length=128, blank=True)
    source_job = models.CharField(max_length=128, blank=True)
    source_output = models.PositiveSmallIntegerField(default=0)
    source_column = models.CharField(max_length=255)
    derivation = models.CharField(max_length=14, choices=[(one.value, one.value) for one in Derivation])

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["of", "column", "source_dataset", "source_job", "source_output", "source_column", "derivation"],
                name="column_edge_once",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["source_dataset", "source_column"], name="column_edge_source")]


class RunEvent(models.Model):
    """What an OpenLineage endpoint is still to be told of an attempt. Gone once it was told."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    org_id = models.UUIDField()
    task_id = models.UUIDField()
    attempt = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    happened_at = models.DateTimeField()
    due_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveIntegerField(default=0)
    # It was refused, or nobody answered for too long: nobody tries it again.
    gave_up_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["task_id", "attempt", "kind"], name="run_event_once")]
        indexes: ClassVar = [models.Index(fields=["due_at", "id"], name="run_event_due", condition=Q(gave_up_at__isnull=True))]
