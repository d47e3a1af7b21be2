"""Batches whose tasks are forgotten are forgotten too, here and in the ledgers beside their tables. Never a dead letter: somebody may still put it right."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import structlog
from django.db import connection
from django.db.models import Q
from psycopg import sql

from apps.platform.tables import LEDGER, OrgNames
from apps.tables.models import HotTable

log = structlog.get_logger("trace.tables")

# By the primary key, which is a batch's time. One that was put right stays as long as what was made of it: that is younger, and
# may be of a later bite, or not be old yet. Uses the index of its source.
_BATCHES = """
WITH bite AS MATERIALIZED (
    SELECT id, state FROM tables_batch WHERE id > %(after)s AND id < %(before)s ORDER BY id LIMIT %(limit)s
), gone AS (
    DELETE FROM tables_batch AS b USING bite WHERE b.id = bite.id AND bite.state IN ('written', 'replaced')
        AND NOT EXISTS (SELECT FROM tables_batch AS made WHERE made.source_id = b.id)
)
SELECT id FROM bite ORDER BY id DESC LIMIT 1
"""
# A batch that is told of once more must not find that it was never written: its row here goes first, and a month before.
_LEDGER = "DELETE FROM {} WHERE applied_at < %s"
_MONTH = timedelta(days=31)
_BITE = 5_000


def forget_batches(*, keep_months: int, dsn: str, now: datetime) -> None:
    """`dsn`: of *data*, as the maker of its tables. While that is away its ledgers wait for the next time."""
    # A batch may be younger than its task by a month of tries.
    before = now - (keep_months + 1) * _MONTH
    after: UUID | None = UUID(int=0)
    with connection.cursor() as cursor:
        while after is not None:
            cursor.execute(_BATCHES, {"after": after, "before": _id_at(before), "limit": _BITE})
            (after,) = cursor.fetchone() or (None,)
    _forget_ledgers(dsn, before - _MONTH)


def _forget_ledgers(dsn: str, before: datetime) -> None:
    orgs = HotTable.objects.filter(~Q(built=None)).order_by("org").values_list("org", flat=True).distinct()
    try:
        with psycopg.connect(dsn, autocommit=True, connect_timeout=5, application_name="trace-tables") as data:
            for org_id in orgs:
                data.execute(sql.SQL(_LEDGER).format(sql.Identifier(OrgNames(org_id).schema, LEDGER)), [before])
    except psycopg.OperationalError as error:
        log.warning("ledgers_kept", error=str(error))


def _id_at(instant: datetime) -> UUID:
    """The first of that millisecond, as UUIDv7 counts them."""
    return UUID(int=int(instant.timestamp() * 1000) << 80)
