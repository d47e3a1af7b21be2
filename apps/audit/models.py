from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from apps.audit.domain import ActorKind
from apps.orm.ids import UuidV7


class Record(models.Model):
    """One change of state. Written once; a trigger of the database refuses to change or delete it (migration 0001)."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    at = models.DateTimeField(db_default=Now())
    # No foreign keys: a record outlives what it is about.
    org_id = models.UUIDField(null=True, blank=True)
    action = models.CharField(max_length=60)
    actor_kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in ActorKind])
    actor_id = models.UUIDField(null=True, blank=True)
    actor_name = models.CharField(max_length=254)
    token_id = models.UUIDField(null=True, blank=True)
    object_kind = models.CharField(max_length=40)
    object_id = models.CharField(max_length=300)
    object_name = models.CharField(max_length=300, blank=True, default="")
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    request_id = models.CharField(max_length=64, blank=True, default="")
    address = models.CharField(max_length=45, blank=True, default="")

    class Meta:
        db_table = "audit_record"
        indexes: ClassVar = [
            # The org's log, newest first, whole or filtered by actor, the beginning of an action, or object.
            models.Index(fields=["org_id", "-id"], name="audit_org"),
            models.Index(fields=["org_id", "actor_name", "-id"], name="audit_org_actor_name"),
            models.Index(
                fields=["org_id", "action", "-id"],
                name="audit_org_action",
                opclasses=["uuid_ops", "varchar_pattern_ops", "uuid_ops"],
            ),
            models.Index(fields=["org_id", "object_kind", "object_id", "-id"], name="audit_org_object"),
            # The same for platform staff, over all orgs.
            models.Index(fields=["actor_name", "-id"], name="audit_actor"),
            models.Index(fields=["action", "-id"], name="audit_action", opclasses=["varchar_pattern_ops", "uuid_ops"]),
            models.Index(fields=["object_kind", "object_id", "-id"], name="audit_object"),
            # Retention.
            models.Index(fields=["at"], name="audit_at"),
        ]
