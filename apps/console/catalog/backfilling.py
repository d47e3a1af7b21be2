"""A part of a dataset that somebody chose, read from a form or a call; and what may be chosen of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import QueryDict

from apps.console.catalog.invalidating import outputs_behind
from apps.console.catalog.pieces import has_files
from apps.datasets.models import Dataset, Version
from apps.orgs.domain import Level
from apps.orgs.policy import Principal
from apps.platform.errors import Conflict, Invalid
from apps.runs import selectors as runs
from apps.runs.selectors import Choice, Output

_LONGEST_NUMBER = 19


@dataclass(frozen=True)
class Making:
    """The job that makes it, the version that readers get, and the DAGs whose sources the asker may start."""

    output: Output
    version: Version | None
    may_start: frozenset[UUID]


def making(dataset: Dataset, who: Principal, *, now: datetime) -> Making:
    if not has_files(dataset):
        words = f"`{dataset.name}` has no partitions of its own that could be chosen: run its job over a range instead."
        raise Invalid(words, code="no_partitions")
    outputs = outputs_behind(dataset)
    if len(outputs) != 1 or dataset.output is None:
        words = f"No active version makes `{dataset.name}`, so nothing of it can be made: activate one that does."
        raise Conflict(words, code="nothing_makes_it")
    seen = runs.jobs_seen(dataset.org, who, now=now, level=Level.CHANGE)
    return Making(outputs[0], dataset.output.current, frozenset(job.dag_id for job in seen.jobs.values()))


def choice_typed(given: QueryDict) -> Choice:
    """From a form: two blocks, ticked partitions, or a part by its name."""
    start, end = given.get("start", "").strip(), given.get("end", "").strip()
    keys = [key for key in given.getlist("partition") if key]
    if not start and not end:
        return runs.read_choice(None, keys, given.get("part", ""))
    if not all(one.isascii() and one.isdigit() and len(one) <= _LONGEST_NUMBER for one in (start, end)):
        raise Invalid("A range has a first and a last block, both whole numbers.", code="bad_range")
    return runs.read_choice((int(start), int(end)), keys, given.get("part", ""))
