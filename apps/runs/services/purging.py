"""An admin gives up for good what readers do not get any more."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.dags.models import Dag
from apps.dags.services import locked
from apps.datasets import services as datasets
from apps.datasets.models import Output, Purge
from apps.dispatch.services import put_purge
from apps.outbox import services as outbox
from apps.platform.errors import Conflict, NotFound
from apps.runs.selectors.purges import Unwanted, check_unwanted, messages_of, purge_preview


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


@transaction.atomic
def purge_again(subject: Subject, output: Output, purge_id: UUID, *, by: Actor) -> Purge:
    """One that failed, or waits for its next try, is tried now."""
    found = Purge.objects.select_for_update(of=("self",)).select_related("output").filter(pk=purge_id, output=output).first()
    if found is None:
        raise NotFound("There is no such purge of this dataset.", code="unknown_purge")
    if found.done_at is not None:
        raise Conflict("This purge is done: nothing is left of what it was about.", code="purge_done")
    messages = messages_of([found]).get(found.pk, [])
    if not outbox.try_now([one.pk for one in messages], config=settings.CONFIG):
        put_purge(found)
    audit.record(
        "dataset.purge_again", subject, by=by, org_id=output.org_id, after={"purge": str(found.pk), "why": found.problem}
    )
    return found
