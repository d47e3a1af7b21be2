from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.outbox.domain import State
from apps.outbox.models import Message
from apps.outbox.wake import wake_publisher
from apps.platform.config import Config
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


def try_now(message_ids: Sequence[UUID], *, config: Config) -> int:
    """Those that were given up, or wait long: at once, with all their attempts. What is due within the time of a claim stays, as
    somebody may be at it. How many are left to wait for.
    """
    mine = Message.objects.filter(pk__in=message_ids).exclude(state=State.DONE)
    claimed = Q(state=State.PENDING, due_at__lte=Now() + timedelta(seconds=config.outbox_claim_seconds))
    moved = mine.exclude(claimed).update(state=State.PENDING, attempts=0, due_at=Now())
    if moved:
        wake_publisher()
    return mine.count()
