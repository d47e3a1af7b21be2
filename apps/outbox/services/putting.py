from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db import connection, transaction

from apps.orm.prepared import prepared_cursor
from apps.outbox import sql
from apps.outbox.wake import CHANNEL, is_draining
from apps.platform.json import Json


@dataclass(frozen=True)
class Outgoing:
    kind: str
    payload: Json
    org_id: UUID | None = None


def put(kind: str, payload: Json, *, org_id: UUID | None = None) -> None:
    """The effect will happen at least once if, and only if, the caller's transaction commits."""
    put_many([Outgoing(kind, payload, org_id)])


def put_many(messages: Sequence[Outgoing]) -> None:
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("outbox.put belongs into the transaction of the change it announces")
    if not messages:
        return
    params = {
        "kinds": [m.kind for m in messages],
        "payloads": [json.dumps(m.payload) for m in messages],
        "org_ids": [m.org_id for m in messages],
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
        "channel": None if is_draining() else CHANNEL,
    }
    with prepared_cursor() as cursor:
        cursor.execute(sql.PUT, params)
