"""What is done when the dispatcher tells of streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from django.utils import timezone

from apps.outbox.domain import Claimed
from apps.syncing import services
from apps.syncing.heads import GatewayHeads
from apps.syncing.services import Told


def look(messages: Sequence[Claimed]) -> None:
    """Tasks of many completions at once, in one transaction."""
    payloads = [cast("Mapping[str, Any]", message.payload) for message in messages]
    told = Told(_ids(payloads, "moved"), _ids(payloads, "declined"))
    if told.ids:
        services.take_told(told, now=timezone.now())
    dags = dict.fromkeys(one["dag_id"] for one in payloads if "dag_id" in one)
    for dag_id in dags:
        services.take_up_dag(UUID(dag_id), now=timezone.now())
    if dags:
        # A stream that begins does not wait for the loop to learn where its chain is.
        services.follow_heads(GatewayHeads(), now=timezone.now())


def _ids(payloads: Sequence[Mapping[str, Any]], key: str) -> list[UUID]:
    return [UUID(one) for payload in payloads for one in payload.get(key, ())]
