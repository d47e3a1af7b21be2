"""The newest rows of a dataset, as somebody may see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog
from django.conf import settings

from apps.audit.domain import Actor
from apps.console.preview.apart import first_rows
from apps.console.preview.cells import cut
from apps.console.preview.files import BudgetedFile
from apps.console.preview.rows_of_table import newest_rows
from apps.console.preview.shown import MOST_ROWS, Preview, Rows, ShownColumn, Unread
from apps.console.preview.sources import Source, source_of
from apps.datasets.models import Dataset
from apps.datasets.selectors import names_behind
from apps.datasets.stores import data_store
from apps.orgs.policy import Principal
from apps.pii import policy as pii
from apps.pii import services as personal
from apps.pii.domain import ColumnDecision, Outcome
from apps.platform.errors import ServiceError
from apps.platform.ports.objects import ObjectMissing

log = structlog.get_logger(__name__)


def preview_of(dataset: Dataset, who: Principal, *, by: Actor, now: datetime, limit: int = MOST_ROWS) -> Preview:
    """To whoever may read it: that is asked before. What is out of reach is a sentence."""
    source = source_of(dataset)
    if source.why_none:
        return Preview(why_none=source.why_none)
    names = names_behind(dataset)
    closed = pii.closed_to(dataset.org, names, who=who, now=now)
    try:
        read = _read(source, {one.name: one.type for one in dataset.schema if one.type}, closed, limit)
    except Unread as why:
        return Preview(why_none=str(why))
    except ServiceError as error:
        log.warning("preview_unavailable", dataset=str(dataset.pk), error=str(error))
        return Preview(why_none="The store with its files does not answer. Try again in a moment.")
    sight = pii.sight_of(dataset.org, names, [name for name, _ in read.columns], who=who, now=now)
    for name, grants in sight.grants.items() if read.rows else ():
        personal.tell_seen(dataset.org, name, grants, by=by)
    return _shown(dataset, read, sight.columns, source)


def _read(source: Source, declared: dict[str, str], closed: frozenset[str], limit: int) -> Rows:
    if source.table:
        return newest_rows(source.table, dsn=settings.CONFIG.data_dsn, leave_out=closed, limit=limit)
    key, size = source.file
    try:
        return first_rows(BudgetedFile(data_store(), key, size), declared, leave_out=closed, limit=limit)
    except ObjectMissing:
        raise Unread("A file of its newest partition is not there. Look at its Partitions, and make that one again.") from None


def _shown(dataset: Dataset, read: Rows, decisions: Sequence[ColumnDecision], source: Source) -> Preview:
    columns = [
        ShownColumn(name, kind, one.outcome, one.because if one.grant_id or one.outcome is not Outcome.CLEAR else "")
        for (name, kind), one in zip(read.columns, decisions, strict=True)
    ]
    seen = [[_cell(value, one, dataset) for value, one in zip(row, decisions, strict=True)] for row in read.rows]
    why_none = "" if seen else "It has no rows yet: they appear here as its job writes them."
    rows = [[value for value, _ in row] for row in seen]
    return Preview(columns, rows, source.words, why_none, read.more_columns, any(is_cut for row in seen for _, is_cut in row))


def _cell(value: str | None, one: ColumnDecision, dataset: Dataset) -> tuple[str | None, bool]:
    shown, is_cut = cut(value)
    if one.outcome is Outcome.CLEAR:
        return shown, is_cut
    # The last characters of what was cut are not those of the value, and its hash would be that of others that begin so.
    return None if is_cut else pii.masked(dataset.org, value, one), False
