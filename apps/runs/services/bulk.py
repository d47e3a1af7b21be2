"""Everything that a filter matches, in bites: a million rows in one transaction would hold up whoever works on them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.dispatch import services as dispatch
from apps.dispatch.domain import Status
from apps.dispatch.models import Task
from apps.orgs.models import Org
from apps.platform.errors import BadInput
from apps.runs.domain import Wanted
from apps.runs.selectors import Seen, tasks_matching

# Of one transaction, and of one call: the caller asks again from where it ended.
_BITE, _BITES = 500, 10


class Verb(StrEnum):
    CANCEL = "cancel"
    RETRY = "retry"


@dataclass(frozen=True)
class Bitten:
    """`next`: go on from there; None when all that matched has been looked at."""

    count: int
    next: UUID | None


def open_to(verb: Verb, org: Org, wanted: Wanted, seen: Seen) -> QuerySet[Task]:
    """Those that it would do something to. `seen`: the jobs that the asker may change."""
    if wanted.is_empty:
        words = (
            "Say which tasks: by DAG, job, status, cause, version, run, time or block. Nothing is done to all of an org at once."
        )
        raise BadInput(words, code="filter_needed")
    tasks = tasks_matching(org, wanted, seen)
    if verb is Verb.RETRY:
        return tasks.filter(status=Status.FAILED)
    return tasks.unfinished().filter(cancel_requested_at__isnull=True)


def act_on_matching(verb: Verb, org: Org, wanted: Wanted, seen: Seen, *, by: Actor, cursor: UUID | None = None) -> Bitten:
    """From the newest down, so that what is made meanwhile is left alone."""
    found, done = open_to(verb, org, wanted, seen), 0
    for _ in range(_BITES):
        ids = list((found.filter(pk__lt=cursor) if cursor else found).values_list("pk", flat=True)[:_BITE])
        if not ids:
            return Bitten(done, None)
        done += _bite(verb, org, wanted, ids, by=by)
        cursor = ids[-1]
    return Bitten(done, cursor)


@transaction.atomic
def _bite(verb: Verb, org: Org, wanted: Wanted, ids: list[UUID], *, by: Actor) -> int:
    done = len(dispatch.cancel_tasks(ids) if verb is Verb.CANCEL else dispatch.retry_tasks(ids))
    if done:
        subject = Subject("tasks", "", f"{done} tasks")
        audit.record(f"task.{verb}_matching", subject, by=by, org_id=org.pk, after={"filter": wanted.told, "count": done})
    return done
