"""Who works, and whether the way to them is whole."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.orm.ids import UuidV7


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


class Sweep(models.Model):
    """How far somebody has looked through a bucket for what nobody committed."""

    bucket = models.CharField(primary_key=True, max_length=100)
    # The last key that was looked at; empty: it begins anew.
    after = models.CharField(max_length=1100, blank=True, default="")
    moved_at = models.DateTimeField(db_default=Now())
    # When the whole of it had been looked at last.
    ended_at = models.DateTimeField(null=True)
