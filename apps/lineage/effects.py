"""What is done with the messages of the outbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast
from uuid import UUID

from apps.lineage import sender, services
from apps.outbox.domain import Claimed


def record(messages: Sequence[Claimed]) -> None:
    services.record([UUID(event_id) for message in messages for event_id in _payload(message)["event_ids"]])


def trace_columns(messages: Sequence[Claimed]) -> None:
    for version_id in dict.fromkeys(_payload(message)["version_id"] for message in messages):
        services.trace_columns(UUID(version_id))


def tell_runs(messages: Sequence[Claimed]) -> None:
    """Only written down: whoever is told outside may be slow, and the outbox waits for nobody."""
    said = [
        services.Said(UUID(task_id), attempt, kind, message.created_at)
        for message in messages
        for task_id, attempt, kind in _payload(message)["runs"]
    ]
    services.note_runs(said)
    sender.wake()


def _payload(message: Claimed) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", message.payload)
