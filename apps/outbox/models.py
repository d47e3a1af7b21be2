from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apps.orm.ids import UuidV7
from apps.outbox.domain import State


class Message(models.Model):
    """A side effect that must happen because a transaction committed."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    kind = models.CharField(max_length=60)
    payload = models.JSONField()
    org_id = models.UUIDField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True, default="")
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State], db_default=State.PENDING.value)
    # Every claim there ever was: the fence. It never goes back, so nobody can settle what another has claimed since.
    claims = models.PositiveIntegerField(db_default=0)
    # Those that count against the limit: a server that is down uses none up, and a replay gives all of them back.
    attempts = models.PositiveIntegerField(db_default=0)
    # When it may be taken next. A claim moves it ahead, so a publisher that dies gives the row back by doing nothing.
    due_at = models.DateTimeField(db_default=Now())
    created_at = models.DateTimeField(db_default=Now())
    done_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True, db_default="")

    class Meta:
        db_table = "outbox_message"
        indexes: ClassVar = [
            # The publisher's claim, and the depth on the health page.
            models.Index(fields=["due_at", "id"], name="outbox_due", condition=Q(state="pending")),
            # The dead-letter view.
            models.Index(fields=["-id"], name="outbox_failed", condition=Q(state="failed")),
            # The pruner.
            models.Index(fields=["done_at"], name="outbox_done", condition=Q(state="done")),
        ]
