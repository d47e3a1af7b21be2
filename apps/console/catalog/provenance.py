"""What made a dataset's data, and from what, as somebody may see it; and which partitions do not hold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.console.catalog.purging import no_such_version, version_named, version_of
from apps.dags.models import Dag
from apps.datasets.domain import dataset_id, live_job_id
from apps.datasets.models import Dataset, Partition, Version
from apps.datasets.selectors import readable_elsewhere
from apps.dispatch.models import LiveJob, Task
from apps.lineage.models import Made, MadeFrom
from apps.lineage.selectors import Missing, Stale, descent_of, missing_of, stale_by_readings, told_inputs
from apps.orgs import policy
from apps.orgs.models import Org
from apps.orgs.policy import Principal
from apps.runs.selectors import emails_of

CAUSES = {
    "manual": "by hand", "rerun": "a re-run", "cron": "a schedule", "webhook": "a webhook", "source": "a source that is always on",
    "event": "an event", "rebuild": "a rebuild", "invalidation": "something that did not hold any more", "backfill": "a backfill", "sync": "a chain that is synchronised",
}  # fmt: skip

NOTHING: Mapping[UUID, int] = {}


@dataclass(frozen=True)
class ReadFrom:
    """Something that was read: `dataset` where it has a name that the asker may know, else `job` in words; neither where nothing may be said."""

    read: MadeFrom
    dataset: str
    job: str

    @property
    def scope(self) -> str:
        return scope_of(self.read)


@dataclass(frozen=True)
class MadeRow:
    """`is_seen`: its DAG may be named. `is_root_seen`: the first task may be, of all that led to it, and who had it made.

    `dataset`: its name, where the asker may know it. `hops`: how many jobs away from what was asked for.
    """

    made: Made
    dataset: str
    is_seen: bool
    is_root_seen: bool
    triggered_by: str
    inputs: Sequence[ReadFrom]
    # None: what is no partition is not replaced as a whole.
    is_current: bool | None
    hops: int = 0

    @property
    def scope(self) -> str:
        return scope_of(self.made)

    @property
    def why(self) -> str:
        cause = (self.made.root_cause if self.is_root_seen else "") or self.made.cause
        return CAUSES.get(cause, cause)


@dataclass(frozen=True)
class Below:
    """`hidden`: how many rows tell of what the asker does not see. `is_cut`: there is more than was looked for."""

    rows: QuerySet[Made]
    hops: Mapping[UUID, int] = field(default_factory=dict)
    hidden: int = 0
    is_cut: bool = False


@dataclass(frozen=True)
class Holding:
    stale: Sequence[tuple[Stale, str]]
    missing: Sequence[Missing]


def scope_of(row: Made | MadeFrom) -> str:
    if row.key:
        return row.key
    if row.cursor is not None:
        return f"{row.cursor_first}-{row.cursor}" if row.cursor_first not in {None, row.cursor} else f"{row.cursor}"
    return f"{row.range_start}-{row.range_end}" if row.range_start is not None else ""


def version_shown(dataset: Dataset, asked: str = "") -> Version | None:
    """The one that readers get, or that is asked for by its id; None where nothing is registered."""
    output, version_id = dataset.output, version_named(asked)
    if version_id is None:
        return output.current if output else None
    if output is None:
        raise no_such_version()
    return version_of(output, version_id)


class Teller:
    """Says of rows of lineage what an asker may know."""

    def __init__(self, org: Org, who: Principal, *, now: datetime) -> None:
        self._org, self._dags = org, policy.visible(Dag.objects.of(org), who, now=now)
        self._datasets = policy.visible(Dataset.objects.of(org), who, now=now)
        self._elsewhere = policy.visible(readable_elsewhere(org, now=now), who, now=now)

    def below(self, version: Version, *, at: str) -> Below:
        """What was made of it: rows of which neither the DAG nor the dataset may be named are counted."""
        found = descent_of(self._org, version.pk, at=at)
        rows = Made.objects.filter(pk__in=found.hops).values_list("pk", "dag_id", "output_id")
        told = list(rows)
        dags = set(self._dags.filter(pk__in={dag for _, dag, _ in told}).values_list("pk", flat=True))
        names = self._names({output for _, _, output in told})
        seen = [pk for pk, dag, output in told if dag in dags or output in names]
        return Below(told_inputs(Made.objects.filter(pk__in=seen)), found.hops, len(told) - len(seen), found.is_cut)

    def rows(self, made: Sequence[Made], hops: Mapping[UUID, int] = NOTHING) -> list[MadeRow]:
        inputs = [read for one in made for read in one.inputs.all()]
        known = self._known({one.dag for one in made} | {read.dag for read in inputs})
        names = self._names({read.output_id for read in inputs} | {one.output_id for one in made})
        roots = self._roots(made, known)
        pieces = {one.partition_id for one in made if one.partition_id}
        current = set(Partition.objects.filter(pk__in=pieces, superseded_at=None).values_list("pk", flat=True))
        people = emails_of(one.triggered_by_id for one in made if one.root_id in roots)
        return [
            MadeRow(
                one, names.get(one.output_id, ""), one.dag_id in known.values(), one.root_id in roots,
                people.get(one.triggered_by_id, "") if one.triggered_by_id and one.root_id in roots else "",
                [ReadFrom(read, names.get(read.output_id, ""), _job(read, known)) for read in one.inputs.all()],
                one.partition_id in current if one.partition_id else None, hops.get(one.pk, 0),
            )
            for one in made
        ]  # fmt: skip

    def holding(self, version: Version) -> Holding:
        stale = stale_by_readings(version)
        names, known = self._names({one.output_id for one in stale}), self._known({one.dag for one in stale})
        told = [(one, names.get(one.output_id) or _job(one, known)) for one in stale]
        missing = missing_of(version) if self._dags.filter(pk=version.output.dag_id).exists() else []
        return Holding(told, missing)

    def _known(self, dags: Collection[str]) -> dict[str, UUID]:
        """Another org may have a DAG of the same name: it is known by its id."""
        return dict(self._dags.filter(name__in=dags).values_list("name", "pk"))

    def _roots(self, made: Sequence[Made], known: Mapping[str, UUID]) -> set[UUID]:
        """First tasks that may be told of: they may be of another DAG than what they led to."""
        own = {one.root_id for one in made if one.root_id == one.task_id and one.dag_id in known.values()}
        jobs = dict(Task.objects.filter(pk__in={one.root_id for one in made} - own).values_list("pk", "job_id"))
        seen = set(LiveJob.objects.filter(pk__in=jobs.values(), dag__in=self._dags).values_list("pk", flat=True))
        return own | {root for root, job in jobs.items() if job in seen} | self._forgotten(made, known, own | jobs.keys())

    def _forgotten(self, made: Sequence[Made], known: Mapping[str, UUID], kept: Collection[UUID]) -> set[UUID]:
        """Of tasks that are gone nobody knows the DAG any more: told to those who see every one."""
        left = {one.root_id for one in made if one.root_id not in kept and one.dag_id in known.values()}
        return left if left and not Dag.objects.of(self._org).exclude(pk__in=self._dags.values("pk")).exists() else set()

    def _names(self, outputs: Collection[UUID]) -> dict[UUID, str]:
        """As the org names them: of what others let it read with theirs before it."""
        others = self._elsewhere.filter(output__in=outputs).order_by("-name").values_list("output_id", "org__slug", "name")
        own = self._datasets.filter(output__in=outputs).order_by("-name").values_list("output_id", "name")
        return {output: f"{slug}.{name}" for output, slug, name in others} | dict(own)


def _job(read: MadeFrom | Stale, known: Mapping[str, UUID]) -> str:
    dag_id = known.get(read.dag)
    is_of_it = dag_id and dataset_id(live_job_id(dag_id, read.job), read.output) == read.output_id
    return f"{read.dag} / {read.job}" if is_of_it else ""


def told_made(row: MadeRow) -> dict[str, Any]:
    one, seen = row.made, row.is_seen
    return {
        "id": one.pk, "dataset": row.dataset or None, "hops": row.hops, "version": one.version_id, "scope": row.scope or None, "number": one.number, "times": one.times,
        "is_current": row.is_current,
        "task": one.task_id if seen else None, "attempt": one.attempt, "dag": one.dag if seen else None,
        "job": one.job if seen else None, "dag_version": one.dag_version if seen else None,
        "operator": one.operator if seen else None, "operator_version": one.operator_version if seen else None,
        "cause": one.cause, "root_cause": one.root_cause or None if row.is_root_seen else None,
        "root_task": one.root_id if row.is_root_seen else None,
        "triggered_by": row.triggered_by or None, "started_at": one.started_at, "made_at": one.made_at, "seconds": one.seconds,
        "rows": one.rows, "size_bytes": one.size_bytes, "schema_hash": one.schema_hash or None,
        "metrics": one.metrics if seen else None, "inputs": [_told_read(read) for read in row.inputs],
    }  # fmt: skip


def _told_read(one: ReadFrom) -> dict[str, Any]:
    read, is_named = one.read, bool(one.dataset or one.job)
    return {
        "input": read.input, "read_as": read.read_as, "dataset": one.dataset or None, "job": one.job or None,
        "version": read.version_id if is_named else None, "scope": one.scope or None if is_named else None,
        "number": read.number, "pieces": read.pieces, "rows": read.rows, "size_bytes": read.size_bytes,
    }  # fmt: skip
