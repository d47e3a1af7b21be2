"""A person says that something of a dataset does not hold any more."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.dispatch import services as dispatch
from apps.dispatch.domain import What
from apps.dispatch.models import LiveJob
from apps.dispatch.services import Invalid
from apps.platform.errors import Conflict
from apps.runs.selectors.invalidations import Affected, Output, affected_by
from operators.sdk.words import Reason


@transaction.atomic
def invalidate(
    subject: Subject, outputs: Sequence[Output], what: What, *, by: Actor, reason: Reason = Reason.MANUAL
) -> tuple[list[UUID], list[Affected]]:
    """The invalidations, one for each job that makes it, and the jobs that do it again."""
    # An activation that changes who makes it waits, or has.
    ids = [job.pk for job, _ in outputs]
    live = {job.pk: job for job in LiveJob.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")}
    current = [(live[job.pk], output) for job, output in outputs if live[job.pk].job_id is not None]
    if not current:
        words = f"No active version makes `{subject.name}`, so nothing of it can be done again: activate one that does."
        raise Conflict(words, code="nothing_makes_it")
    affected = affected_by(current, what)
    made = dispatch.write_invalidations([
        Invalid(job.org_id, job.pk, output, job.generation, what, reason, said_by=by.person_id) for job, output in current
    ])  # fmt: skip
    told: dict[str, object] = {"range": [what.start, what.end] if not what.key else None, "partition": what.key or None}
    told |= {"reason": reason.value} if reason is not Reason.MANUAL else {}
    counted = {"jobs": len(affected), "tasks": sum(one.tasks for one in affected)}
    audit.record("dataset.invalidate", subject, by=by, org_id=current[0][0].org_id, after={**told, **counted})
    return made, affected
