"""Every change of the dispatcher's rows."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction

from apps.dispatch.models import Probe
from apps.outbox import services as outbox
from apps.platform import metrics
from apps.platform.contracts import ProbeMessage
from apps.platform.errors import NotFound

# Receipts are at-least-once like everything on a queue: the first one counts.
_RECEIVE = """
UPDATE dispatch_probe SET received_at = clock_timestamp(), worker_id = %(worker_id)s
WHERE id = %(probe_id)s AND received_at IS NULL
RETURNING extract(epoch FROM received_at - sent_at)
"""
_FORGET_OLD = "DELETE FROM dispatch_probe WHERE sent_at < clock_timestamp() - interval '1 hour'"
_FORGET_WORKERS = "DELETE FROM dispatch_worker WHERE last_seen_at < clock_timestamp() - interval '1 day'"
_SEEN = """
INSERT INTO dispatch_worker (id, kind) VALUES (%(worker_id)s, %(kind)s)
ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, last_seen_at = clock_timestamp()
"""


@transaction.atomic
def send_probe() -> Probe:
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_OLD)
        cursor.execute(_FORGET_WORKERS)
    probe = Probe.objects.create()
    outbox.put("probe", ProbeMessage(str(probe.pk)).to_json())
    return probe


@transaction.atomic
def record_probe_receipt(probe_id: UUID, *, worker_id: str, worker_kind: str) -> None:
    """The same receipt twice changes nothing the second time."""
    with connection.cursor() as cursor:
        cursor.execute(_RECEIVE, {"probe_id": probe_id, "worker_id": worker_id})
        if row := cursor.fetchone():
            metrics.PROBE_SECONDS.observe(float(row[0]))
        elif not Probe.objects.filter(pk=probe_id).exists():
            raise NotFound("There is no such probe; it may be older than an hour.", code="unknown_probe")
        cursor.execute(_SEEN, {"worker_id": worker_id, "kind": worker_kind})
