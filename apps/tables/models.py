from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.datasets.models import Dataset
from apps.datasets.models import Producer as Published
from apps.orgs.models import Org
from apps.orm.ids import UuidV7
from apps.platform.tables import Shape
from apps.tables.ddl.comparing import obstacles, widen
from apps.tables.domain import BatchState, Producer, TableState


class HotTableQuerySet(models.QuerySet["HotTable"]):
    def written_by(self, producer: Producer, *, dag: str, job: str) -> Self:
        published = Published.objects.filter(dataset__org_id=producer.org_id, dag=dag, job=job, output=producer.output)
        return self.filter(dataset__in=published.values("dataset"))


class HotTable(models.Model):
    """The table of a dataset in *data*: what it should be, and whether it is. The table itself is *data*'s; this row steers it."""

    dataset = models.OneToOneField(Dataset, models.CASCADE, primary_key=True, related_name="table")
    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in TableState])
    # Written by tasks, and not by a sink.
    is_direct = models.BooleanField(db_default=False)
    # As the active version publishes it.
    wanted = models.JSONField()
    # As it was last seen in *data*, wider than what is wanted where an earlier version wanted more; NULL before it is made.
    built = models.JSONField(null=True)
    error = models.TextField(blank=True, default="")
    changed_at = models.DateTimeField(db_default=Now())

    objects = HotTableQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "hot tables"
        # The sinks ask which there are.
        indexes: ClassVar = [models.Index(fields=["dataset"], name="hot_table_ready", condition=Q(state="ready"))]

    def __str__(self) -> str:
        return str(self.dataset_id)

    @property
    def shape(self) -> Shape:
        return Shape.parse(self.wanted)

    @property
    def is_or_will_be(self) -> Shape:
        """What is on its way counts: two activations in a row make both of their changes."""
        if not self.built:
            return self.shape
        built = Shape.parse(self.built)
        is_stuck = self.state == TableState.FAILED or any(obstacles(built, self.shape))
        return built if is_stuck else widen(built, self.shape).becomes


class BatchQuerySet(models.QuerySet["Batch"]):
    def dead(self) -> Self:
        # Uses index batch_dead.
        return self.filter(state=BatchState.DEAD)


class Batch(models.Model):
    """Rows on their way into a table: the trusted record of who made them, kept apart from what they say of themselves."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    dataset = models.ForeignKey(Dataset, models.CASCADE, related_name="batches")
    # Who made it; by id, because tasks live on a floor above. A batch that somebody repaired keeps them.
    task_id = models.UUIDField()
    attempt = models.PositiveIntegerField()
    job_id = models.UUIDField()
    output = models.PositiveSmallIntegerField()
    # Where it lies, as `s3://bucket/key`.
    uri = models.CharField(max_length=1100)
    content_type = models.CharField(max_length=100)
    size_bytes = models.PositiveIntegerField()
    scope = models.CharField(max_length=200, blank=True, default="")
    # What its rows are held to: the schema at the time when it was handed over.
    shape = models.JSONField()
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in BatchState])
    rows = models.PositiveIntegerField(null=True)
    # Of a dead letter: `{row, column, reason}` of the first few, and how many there are.
    faults = models.JSONField(default=list)
    fault_count = models.PositiveIntegerField(default=0)
    # Why it could not be written the last time that it was tried, where that was not its rows' fault.
    error = models.TextField(blank=True, default="")
    claims = models.PositiveSmallIntegerField(default=0)
    # Until then a sink has it.
    held_until = models.DateTimeField(null=True)
    received_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)
    # Of one that was repaired or replayed: which dead letter it was made of.
    source = models.ForeignKey("self", models.SET_NULL, null=True, related_name="replays")

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["task_id", "attempt", "output", "uri"], name="batch_once"),
            # Handed over by one attempt and again by the next: the rows are there, or on their way.
            models.UniqueConstraint(
                fields=["task_id", "output", "scope"], name="batch_scope_once",
                condition=~Q(scope="") & Q(state__in=["waiting", "written"], source=None),
            ),
        ]  # fmt: skip
        indexes: ClassVar = [
            # Those of a dataset, the newest first.
            models.Index(fields=["dataset", "-id"], name="batch_of_dataset"),
            models.Index(fields=["dataset", "-id"], name="batch_dead", condition=Q(state="dead")),
            # What nobody has written yet, for the loop that tells of it again.
            models.Index(fields=["received_at"], name="batch_waiting", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return str(self.pk)
