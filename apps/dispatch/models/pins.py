"""What each attempt reads: taken when it is claimed, so that it reads the same to its end."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from apps.dispatch.models.base import OfTasks
from apps.orm.ids import UuidV7


class Pin(models.Model):
    """A committed piece of a version, as one attempt found it. What takes its place later is another attempt's to read."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    task_id = models.UUIDField()
    attempt = models.PositiveIntegerField()
    input = models.PositiveSmallIntegerField()
    # Of `apps.datasets`. By id only: a foreign key would forbid to drop a month, and to purge a version.
    version_id = models.UUIDField()
    # NULL for what has no partitions.
    partition_id = models.UUIDField(null=True)
    key = models.CharField(max_length=200)
    # How often the partition had been made; 0 where there is none.
    number = models.PositiveIntegerField()
    range_start = models.BigIntegerField(null=True)
    range_end = models.BigIntegerField(null=True)
    # How far a table had come that has no partitions.
    cursor = models.DecimalField(max_digits=78, decimal_places=0, null=True)
    rows = models.PositiveBigIntegerField()
    size_bytes = models.PositiveBigIntegerField()
    # What the attempt says it has read of it; NULL before it has said so.
    read_rows = models.PositiveBigIntegerField(null=True)
    read_bytes = models.PositiveBigIntegerField(null=True)

    objects = OfTasks.as_manager()

    class Meta:
        indexes: ClassVar = [
            # What an attempt reads, and, in the order of ids, the next page of it.
            models.Index(fields=["task_id", "attempt", "input"], name="pin_task"),
        ]
