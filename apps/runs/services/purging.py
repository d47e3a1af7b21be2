"""An admin gives up for good what readers do not get any more."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.dags.models import Dag
from apps.dags.services import locked
from apps.datasets import services as datasets
from apps.datasets.models import Purge
from apps.dispatch.services import put_purge
from apps.platform.errors import Conflict
from apps.runs.selectors.purges import Unwanted, check_unwanted, purge_preview


@transaction.atomic
def purge(subject: Subject, unwanted: Unwanted, *, by: Actor, now: datetime) -> Purge:
    """Begun now, done in the background."""
    # An activation that would need it waits, and then finds it gone.
    found = Dag.objects.filter(pk=unwanted.output.dag_id).first()
    check_unwanted(unwanted, locked(found) if found else None)
    preview = purge_preview(unwanted)
    if not preview.going.partitions:
        raise Conflict("There is nothing of the kind: nothing would be freed.", code="nothing_to_purge")
    begun = datasets.begin_purge(unwanted.output, unwanted.version, before=unwanted.before, begun_by=by.person_id, now=now)
    put_purge(begun)
    audit.record("dataset.purge", subject, by=by, org_id=unwanted.output.org_id, after={
        "version": str(unwanted.version.pk) if unwanted.version else None, "superseded": unwanted.before is not None,
        "partitions": preview.going.partitions, "size_bytes": preview.going.size_bytes, "dag_versions": preview.numbers,
    })  # fmt: skip
    return begun
