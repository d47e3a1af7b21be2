"""Reads of the audit log: of one org, or for platform staff of all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils.dateparse import parse_date, parse_datetime

from apps.audit.models import Record
from apps.platform.errors import BadInput

FILTERS = ("action", "actor", "object_kind", "object_id", "since", "until")


def records_of(org_id: UUID, *, filters: Mapping[str, str]) -> QuerySet[Record]:
    """Newest first. Uses the indexes audit_org, audit_org_actor_name, audit_org_action and audit_org_object."""
    return _matching(Record.objects.filter(org_id=org_id), filters)


def records_everywhere(*, filters: Mapping[str, str]) -> QuerySet[Record]:
    """Newest first, of every org and of what belongs to none. Unfiltered it walks the primary key; else audit_actor, audit_action, audit_object."""
    return _matching(Record.objects.all(), filters)


def _matching(records: QuerySet[Record], filters: Mapping[str, str]) -> QuerySet[Record]:
    for name in FILTERS:
        if value := given(filters, name):
            records = records.filter(**_condition(name, value))
    return records.order_by("-pk")


def given(filters: Mapping[str, str], name: str) -> str:
    """Without NUL, which no column holds and the database refuses."""
    return filters.get(name, "").replace("\0", "").strip()


def _condition(name: str, value: str) -> dict[str, object]:
    if name in {"since", "until"}:
        return {"at__gte" if name == "since" else "at__lt": _instant(name, value)}
    if name == "actor":
        # Names are e-mails, which are kept folded; a comparison that folds the column would pass the index by.
        return {"actor_name": value.lower()}
    # `member.` finds every action on members.
    return {"action__startswith": value} if name == "action" else {name: value}


def _instant(name: str, value: str) -> datetime:
    """A day means all of it: `since` from where it begins, `until` to where it ends, in UTC."""
    try:
        if day := parse_date(value):
            begins = datetime.combine(day, time(), tzinfo=UTC)
            return begins if name == "since" else begins + timedelta(days=1)
        instant = parse_datetime(value)
    except (ValueError, OverflowError):
        instant = None
    if instant is None or instant.tzinfo is None:
        raise BadInput(
            f"`{name}` is a day or an instant with its zone, like 2026-01-31 or 2026-01-31T00:00:00Z.", code="bad_filter"
        )
    return instant
