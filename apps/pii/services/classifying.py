from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.orgs.models import Org
from apps.pii.domain import COLUMN, Marking, column_name, dataset_name
from apps.pii.models import ColumnClassification
from apps.platform.errors import Conflict, NotFound


@transaction.atomic
def classify(org: Org, dataset: str, column: str, marking: Marking, *, by: Actor, now: datetime) -> ColumnClassification:
    """From now on the column is closed to whoever has no grant."""
    row = ColumnClassification(
        org=org, dataset=dataset_name(dataset), column=column_name(column), classified_by_id=by.person_id, classified_at=now
    )
    _mark(row, marking)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            f"`{row.column}` of `{row.dataset}` is classified already; change that.", code="pii_already_classified"
        ) from None
    audit.record("pii.classify", _subject(row), by=by, org_id=org.pk, after=_told(row))
    return row


@transaction.atomic
def reclassify(classification: ColumnClassification, marking: Marking, *, by: Actor, now: datetime) -> ColumnClassification:
    """The same again changes nothing and tells nothing. To a weaker handling as well: see docs/decisions/0018."""
    row = _locked(classification)
    before = _told(row)
    _mark(row, marking)
    if (after := _told(row)) == before:
        return row
    row.classified_by_id, row.classified_at = by.person_id, now
    row.save(update_fields=["kind", "handling", "mask", "note", "classified_by", "classified_at"])
    audit.record("pii.reclassify", _subject(row), by=by, org_id=row.org_id, before=before, after=after)
    return row


@transaction.atomic
def declassify(classification: ColumnClassification, *, by: Actor) -> None:
    """From now on the column is open to whoever may read the dataset."""
    row = _locked(classification)
    audit.record("pii.declassify", _subject(row), by=by, org_id=row.org_id, before=_told(row), after={"handling": "none"})
    row.delete()


def _locked(classification: ColumnClassification) -> ColumnClassification:
    row = ColumnClassification.objects.select_for_update().filter(pk=classification.pk).first()
    if row is None:
        raise NotFound("This column is no longer classified.", code="pii_not_classified")
    return row


def _mark(row: ColumnClassification, marking: Marking) -> None:
    row.kind, row.handling, row.note = marking.kind, marking.handling, marking.note
    row.mask = marking.mask or ""


def _subject(row: ColumnClassification) -> Subject:
    return Subject(COLUMN, str(row.pk), f"{row.dataset}.{row.column}")


def _told(row: ColumnClassification) -> dict[str, object]:
    return {"kind": str(row.kind), "handling": str(row.handling), "mask": str(row.mask) or None, "note": row.note}
