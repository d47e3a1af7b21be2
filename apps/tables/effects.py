"""What the dispatcher does with the messages of the outbox about tables and batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from apps.outbox.domain import Claimed
from apps.platform import wiring
from apps.platform.json import Json
from apps.platform.ports.queue import Queue
from apps.platform.tables import queue_name
from apps.tables import services


@cache
def _queue() -> Queue:
    """One per process: it holds connections."""
    return wiring.queue(settings.CONFIG)


def prepare(messages: Sequence[Claimed]) -> None:
    for dataset_id in dict.fromkeys(_payload(message)["dataset_id"] for message in messages):
        services.prepare(UUID(dataset_id), config=settings.CONFIG, now=timezone.now())


def publish(messages: Sequence[Claimed]) -> None:
    by_dataset: dict[str, list[Json]] = defaultdict(list)
    for message in messages:
        payload = _payload(message)
        by_dataset[payload["dataset_id"]].append({"batch_id": payload["batch_id"]})
    for dataset_id, batches in by_dataset.items():
        _queue().publish(queue_name(UUID(dataset_id)), batches)


def _payload(message: Claimed) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", message.payload)
