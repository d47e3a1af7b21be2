"""Many at once: each item is answered by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import Field

from apps.platform.contracts.names import (
    MOST_BATCH,
)
from apps.platform.contracts.parts import (
    Part,
)
from apps.platform.contracts.reports import (
    Completion,
    EventsReport,
    Heartbeat,
)


class Item(Part):
    """A call within a batch, with the token that a call of its own would carry in its header."""

    capability_token: str = Field(max_length=8_192, repr=False)


class HeartbeatItem(Item):
    body: Heartbeat


class EventsItem(Item):
    body: EventsReport


class CompletionItem(Item):
    body: Completion


class HeartbeatBatch(Part):
    items: list[HeartbeatItem] = Field(min_length=1, max_length=MOST_BATCH)


class EventsBatch(Part):
    items: list[EventsItem] = Field(min_length=1, max_length=MOST_BATCH)


class CompletionBatch(Part):
    items: list[CompletionItem] = Field(min_length=1, max_length=MOST_BATCH)


class ItemResult(Part):
    """`status` is HTTP's: 200 with `answer`, else `code` and `message`."""

    task_id: UUID
    status: int
    answer: Mapping[str, Any] | None = None
    code: str = ""
    message: str = ""


class BatchAnswer(Part):
    """In the order in which they were sent."""

    results: list[ItemResult]
