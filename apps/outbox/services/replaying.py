from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.outbox.domain import State
from apps.outbox.models import Message
from apps.outbox.wake import wake_publisher
from apps.platform.errors import Conflict, NotFound


@transaction.atomic
def replay(message_id: UUID, *, by: Actor) -> Message:
    """Give a message that failed for good all its attempts again."""
    message = Message.objects.select_for_update().filter(pk=message_id).first()
    if message is None:
        raise NotFound("There is no such outbox message; it may have been published and pruned.", code="unknown_message")
    if message.state != State.FAILED:
        raise Conflict(f"Only a failed message can be replayed; this one is {message.state}.", code="not_failed")
    # Due by the database's clock, which is the one that claims.
    message.state, message.attempts, message.due_at = State.PENDING, 0, Now()
    message.save(update_fields=["state", "attempts", "due_at"])
    message.refresh_from_db()
    wake_publisher()
    audit.record("outbox.replay", Subject("outbox_message", str(message.pk), message.kind), by=by, org_id=message.org_id)
    return message
