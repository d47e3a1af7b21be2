"""What somebody types and has not deployed. No audit: it concerns nobody else."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from apps.accounts.models import Person
from apps.dags.document.reading import LONGEST_BYTES
from apps.dags.models import DagVersion, Draft
from apps.orgs.models import Org
from apps.platform.errors import Invalid


def save_draft(org: Org, person: Person, name: str, text: str, *, base: UUID | None, now: datetime) -> Draft:
    if len(text.encode(errors="surrogatepass")) > LONGEST_BYTES:
        raise Invalid(f"A document has at most {LONGEST_BYTES:,} bytes.", code="document_too_large")
    version = DagVersion.objects.filter(pk=base, dag__org=org).first() if base else None
    said = {"yaml": text, "base": version, "saved_at": now}
    draft, _ = Draft.objects.update_or_create(org=org, person=person, name=name, defaults=said)
    return draft


def discard_draft(org: Org, person: Person, name: str) -> None:
    Draft.objects.filter(org=org, person=person, name=name).delete()
