"""What somebody types and has not deployed. No audit: it concerns nobody else."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.accounts.models import Person
from apps.dags.document.reading import LONGEST_BYTES
from apps.dags.domain import is_slot
from apps.dags.models import DagVersion, Draft
from apps.orgs.models import Org
from apps.platform.errors import Conflict, Invalid

# Each may be as long as a document, and every visit of the page of a new DAG can leave one.
MOST_SLOTS = 50


@transaction.atomic
def save_draft(
    org: Org, person: Person, name: str, text: str, *, base: UUID | None, now: datetime, seen: datetime | None = None
) -> Draft:
    """`seen`: when the draft that this text goes on from was saved. One that another tab saved since is never written over."""
    if len(text.encode(errors="surrogatepass")) > LONGEST_BYTES:
        raise Invalid(f"A document has at most {LONGEST_BYTES:,} bytes.", code="document_too_large")
    _require_room(org, person, name)
    version = DagVersion.objects.filter(pk=base, dag__org=org).first() if base else None
    said = {"yaml": text, "base": version, "saved_at": now}
    # The row's lock, and the constraint where there is no row yet: of two tabs that save at once, one is told.
    draft, is_first = Draft.objects.select_for_update(of=("self",)).get_or_create(
        org=org, person=person, name=name, defaults=said
    )
    if is_first:
        return draft
    if draft.saved_at != seen and draft.yaml != text:
        raise Conflict(
            "This draft was saved in another tab since. Take that text, or keep yours.",
            code="stale_draft",
            detail={"saved_at": draft.saved_at.isoformat()},
        )
    draft.yaml, draft.base, draft.saved_at = text, version, now
    draft.save(update_fields=["yaml", "base", "saved_at"])
    return draft


def _require_room(org: Org, person: Person, name: str) -> None:
    if not is_slot(name):
        return
    slots = Draft.objects.filter(org=org, person=person, name__startswith="-").exclude(name=name)
    if slots.count() >= MOST_SLOTS:
        raise Invalid(f"You have {MOST_SLOTS} drafts of new DAGs: deploy one of them, or discard it.", code="too_many_drafts")


@transaction.atomic
def discard_draft(org: Org, person: Person, name: str, *, seen: datetime | None) -> None:
    """`seen`: when the draft that is meant was saved. One that another tab saved since stays; where there is none nothing is to do."""
    draft = Draft.objects.select_for_update(of=("self",)).filter(org=org, person=person, name=name).first()
    if draft is None:
        return
    if draft.saved_at != seen:
        raise Conflict(
            "This draft was saved in another tab since. Reload the page to see that text before you discard it.",
            code="stale_draft",
            detail={"saved_at": draft.saved_at.isoformat()},
        )
    draft.delete()
