"""Makes or widens the table of one dataset in *data*, and says in *state* what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

import psycopg
from django.db import transaction

from apps.outbox import services as outbox
from apps.outbox.services import Outgoing
from apps.platform.config import Config
from apps.platform.errors import Transient
from apps.platform.tables import OrgNames, Shape
from apps.tables.ddl.comparing import obstacles, widen
from apps.tables.ddl.looking import look, missing_indexes
from apps.tables.ddl.making import TableMaker
from apps.tables.ddl.orgs import ensure_org
from apps.tables.domain import PUBLISH, BatchState, TableState
from apps.tables.models import Batch, HotTable

# A table that somebody reads for minutes is not waited for: everybody who comes after would wait as well.
_PATIENCE = "SET lock_timeout = '3s'"
_MOST_AT_ONCE = 500


class _Refused(Exception):
    """It stays as it is, until somebody does something about it."""

    def __init__(self, state: TableState, message: str) -> None:
        super().__init__(message)
        self.state = state


def prepare(dataset_id: UUID, *, config: Config, now: datetime) -> None:
    """Idempotent. Raises Transient while *data* is away."""
    table = HotTable.objects.filter(pk=dataset_id).first()
    if table is None or table.state != TableState.PENDING:
        return
    try:
        with _connected(config) as connection:
            built = _make(connection, OrgNames(table.org_id), dataset_id, table)
    except _Refused as refused:
        _tell(table, refused.state, error=str(refused), now=now)
    except Transient as away:
        _tell(table, TableState.PENDING, error=f"Tried again until it works: {away}", now=now)
        raise
    else:
        _tell(table, TableState.READY, built=built, now=now)


@contextmanager
def _connected(config: Config) -> Iterator[psycopg.Connection]:
    if not config.tables_dsn:
        raise Transient("this process has no TRACE_TABLES_DSN, and so no right to make tables")
    try:
        with psycopg.connect(
            config.tables_dsn, autocommit=True, connect_timeout=5, application_name="trace-tables"
        ) as connection:
            connection.execute(_PATIENCE)
            yield connection
    except (psycopg.OperationalError, psycopg.errors.LockNotAvailable) as error:
        raise Transient(f"the data database does not answer: {error}") from error


def _make(connection: psycopg.Connection, org: OrgNames, dataset_id: UUID, table: HotTable) -> Shape:
    # Held over the transaction and what may not be in one: two of the same dataset would build the same index.
    locked = connection.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [str(dataset_id)]).fetchone()
    if locked != (True,):
        raise Transient("somebody else makes this table right now")
    maker, wanted = TableMaker(connection, org, dataset_id), table.shape
    with connection.transaction():
        ensure_org(connection, org)
        found = look(connection, org, dataset_id)
        if found is None and table.built is not None:
            raise _Refused(TableState.DRIFTED, "Its table is gone, and nobody here dropped it. Restore it, and look again.")
        if found is None:
            maker.create(wanted)
            return wanted
        if found.drift:
            raise _Refused(TableState.DRIFTED, f"{_sentence(found.drift)} Undo that, and look again.")
        if stopped := next(obstacles(found.shape, wanted), None):
            raise _Refused(TableState.FAILED, f"{stopped.message} {stopped.hint}")
        widening = widen(found.shape, wanted)
        if widening.becomes != found.shape:
            maker.alter(widening)
    for columns in missing_indexes(connection, org, dataset_id, widening.becomes):
        maker.index(columns)
    return widening.becomes


def _sentence(drift: tuple[str, ...]) -> str:
    return f"It was altered by hand: {'; '.join(drift)}."


@transaction.atomic
def _tell(table: HotTable, state: TableState, *, now: datetime, built: Shape | None = None, error: str = "") -> None:
    # Where another activation wanted something else meanwhile, its own message says what became of it.
    row = HotTable.objects.select_for_update().filter(pk=table.pk, wanted=table.wanted, state=TableState.PENDING)
    said = {"state": state, "error": error, "changed_at": now} | ({"built": built.to_json()} if built else {})
    if row.update(**said) and state is TableState.READY:
        _wake(table)


def _wake(table: HotTable) -> None:
    """Of batches that came before the table was there."""
    waiting = Batch.objects.filter(dataset_id=table.pk, state=BatchState.WAITING).order_by("id").values_list("id", flat=True)
    outbox.put_many([
        Outgoing(PUBLISH, {"batch_id": str(batch_id), "dataset_id": str(table.pk)}, table.org_id)
        for batch_id in waiting[:_MOST_AT_ONCE]
    ])  # fmt: skip
