"""What does not hold any more, and who has done it again."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.dispatch.domain import InvalidScope
from apps.orgs.models import Org
from apps.orm.ids import UuidV7
from operators.sdk.words import Reason


class InvalidationQuerySet(models.QuerySet["Invalidation"]):
    def of_output(self, job_id: object, output: int) -> Self:
        # Uses index invalidation_output.
        return self.filter(job_id=job_id, output=output)


class Invalidation(models.Model):
    """A scope of a version of a dataset that does not hold any more. Kept, whatever becomes of the tasks that it made."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    org = models.ForeignKey(Org, models.CASCADE, related_name="+")
    # These three are the version of a dataset.
    job = models.ForeignKey("dispatch.LiveJob", models.CASCADE, related_name="invalidations")
    output = models.PositiveSmallIntegerField()
    generation = models.UUIDField()
    scope = models.CharField(max_length=10, choices=[(one.value, one.value) for one in InvalidScope])
    # A partition whose key is a range has both.
    partition_key = models.CharField(max_length=200, blank=True)
    range_start = models.BigIntegerField(null=True)
    range_end = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=15, choices=[(one.value, one.value) for one in Reason])
    # Those alone who consume it from another DAG: its own consumers are made anew with it.
    only_beyond = models.BooleanField(default=False, db_default=False)
    # Who said it: a task, with what makes it the same of its task; or a person.
    task_id = models.UUIDField(null=True)
    identity = models.CharField(max_length=300, blank=True)
    said_by_id = models.UUIDField(null=True)
    # The run that its tasks belong to; NULL: each begins one.
    root_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(db_default=Now())
    # Of consumers by partition some have tasks, and more are to come: it meets too many to plan at once.
    is_partly_planned = models.BooleanField(default=False, db_default=False)
    # All that consume it have their tasks, or need none.
    planned_at = models.DateTimeField(null=True)
    # They have done them. A version that becomes active again may open it anew.
    done_at = models.DateTimeField(null=True)

    objects = InvalidationQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["task_id", "identity"], name="invalidation_once", condition=Q(task_id__isnull=False)),
        ]
        indexes: ClassVar = [
            # The loop.
            models.Index(fields=["org", "id"], name="invalidation_unplanned", condition=Q(planned_at__isnull=True)),
            # An event that comes again meets it; what is done at last.
            models.Index(fields=["job", "output"], name="invalidation_open", condition=Q(done_at__isnull=True)),
            # Of a dataset, newest first.
            models.Index(fields=["job", "output", "-id"], name="invalidation_output"),
        ]


class InvalidationMark(models.Model):
    """What a consumer does because of an invalidation: a task, or nothing where none of its partitions meets it."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    invalidation = models.ForeignKey(Invalidation, models.CASCADE, related_name="marks")
    consumer = models.ForeignKey("dispatch.LiveJob", models.CASCADE, related_name="+")
    # Of the consumer: what one version did again, another has not.
    generation = models.UUIDField()
    task_id = models.UUIDField(null=True)
    processed_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["invalidation", "consumer"], name="mark_invalidation"),
            # A task that ends; the tasks of a consumer that still wait.
            models.Index(fields=["task_id"], name="mark_of_task", condition=Q(processed_at__isnull=True)),
            models.Index(fields=["consumer"], name="mark_open", condition=Q(processed_at__isnull=True)),
        ]


class Armed(models.Model):
    """Since when a job was what it is, or was: what did not hold before that, it has never made anything of."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    job = models.ForeignKey("dispatch.LiveJob", models.CASCADE, related_name="+")
    generation = models.UUIDField()
    first_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "armed generations"
        constraints: ClassVar = [models.UniqueConstraint(fields=["job", "generation"], name="armed_once")]
