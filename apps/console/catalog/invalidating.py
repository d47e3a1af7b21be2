"""What of a dataset does not hold any more: read from a form or a call, and shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from apps.audit.domain import Subject
from apps.datasets.models import Dataset
from apps.dispatch.domain import What, a_partition, rows_between
from apps.dispatch.models import LiveJob
from apps.orgs.policy import Principal
from apps.orgs.sharing import kind_of
from apps.platform.errors import Invalid
from apps.runs import selectors as runs
from apps.runs.domain import checked_blocks
from apps.runs.selectors import Output, Shown

MOST_SHOWN = 50
_LONGEST_KEY = 200


def outputs_behind(dataset: Dataset) -> list[Output]:
    """Of the jobs that make it now; of a union those of both its halves."""
    places = [(one.dag, job, output) for one in dataset.producers.all() for job, output in one.outputs]
    names = {dag for dag, _, _ in places}
    found = {
        (job.dag.name, job.name): job
        for job in LiveJob.objects.filter(org_id=dataset.org_id, build=None, dag__name__in=names).select_related("dag")
    }
    return [(found[dag, job], output) for dag, job, output in places if (dag, job) in found]


def what_of(given_range: Mapping[str, int] | None, partition: str) -> What:
    if (given_range is None) == (not partition):
        raise Invalid("Name a range of blocks, or a partition; one of the two.", code="scope_needed")
    if given_range is not None:
        return rows_between(*checked_blocks(given_range["start"], given_range["end"]))
    if len(partition) > _LONGEST_KEY or not partition.isprintable():
        raise Invalid(f"The key of a partition has 1 to {_LONGEST_KEY} characters that can be printed.", code="bad_partition")
    return a_partition(partition)


def what_typed(given: Mapping[str, str]) -> What:
    """From a form: two blocks, or a key."""
    start, end = given.get("start", "").strip(), given.get("end", "").strip()
    if not start and not end:
        return what_of(None, given.get("partition", "").strip())
    if not all(one.isascii() and one.isdigit() and len(one) <= 19 for one in (start, end)):
        raise Invalid("A range has a first and a last block, both whole numbers.", code="bad_range")
    return what_of({"start": int(start), "end": int(end)}, given.get("partition", "").strip())


def subject_of(dataset: Dataset) -> Subject:
    return Subject(kind_of(Dataset).key, str(dataset.pk), dataset.name)


def latest_of(dataset: Dataset, who: Principal, *, now: datetime) -> list[Shown]:
    """Newest first."""
    found = runs.invalidations_of(outputs_behind(dataset)).order_by("-pk")[:MOST_SHOWN]
    return runs.shown(list(found), runs.jobs_seen(dataset.org, who, now=now))
