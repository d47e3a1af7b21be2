"""Reads. Which DAGs somebody reaches is the policy's to say; these take DAGs that are theirs to see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery

from apps.accounts.models import Person
from apps.dags.document.comparing import Comparison, compare
from apps.dags.document.meaning import Edge as EdgeMeaning
from apps.dags.document.meaning import JobMeaning, Meaning, meaning_of
from apps.dags.document.schedules import parse_schedule
from apps.dags.document.validating import Checked
from apps.dags.models import Activation, Dag, DagVersion, Draft, Job
from apps.dags.telling import told_comparison
from apps.orgs.models import Org
from apps.platform.errors import NotFound
from operators.sdk.catalogue import catalogue


def dags_of(org: Org) -> QuerySet[Dag]:
    latest = DagVersion.objects.filter(dag=OuterRef("pk")).order_by("-number")
    return (
        Dag.objects.of(org)
        .select_related("active", "owner")
        .annotate(
            latest_number=Subquery(latest.values("number")[:1]),
            latest_at=Subquery(latest.values("created_at")[:1]),
            version_count=Count("versions"),
        )
    )


def count_of(org: Org) -> int:
    return Dag.objects.of(org).count()


def users_of_secrets(org: Org) -> dict[str, list[str]]:
    """By the name that a job of an active version declares: `dag/job`."""
    found: dict[str, list[str]] = {}
    jobs = Job.objects.filter(version__in=Dag.objects.of(org).values("active"), spec__has_key="secrets")
    for dag, job, names in jobs.values_list("version__dag__name", "name", "spec__secrets"):
        for name in names:
            found.setdefault(name, []).append(f"{dag}/{job}")
    return found


def get_dag(org: Org, name: str) -> Dag:
    found = Dag.objects.of(org).select_related("active", "owner", "org", "visible_to").filter(name=name).first()
    if found is None:
        raise NotFound(f"There is no DAG `{name[:63]}` in this org, or you cannot see it.", code="unknown_dag")
    return found


def versions_of(dag: Dag) -> QuerySet[DagVersion]:
    return dag.versions.select_related("created_by", "dag").defer("yaml")


def get_version(dag: Dag, version_id: UUID) -> DagVersion:
    found = dag.versions.select_related("created_by", "dag").filter(pk=version_id).first()
    if found is None:
        raise NotFound(f"`{dag.name}` has no such version.", code="unknown_version")
    return found


def activations_of(dag: Dag) -> QuerySet[Activation]:
    whole = dag.activations.select_related("version__created_by", "before__created_by", "made_by")
    return whole.defer("version__yaml", "before__yaml")


def draft_of(org: Org, person: Person, name: str) -> Draft | None:
    return Draft.objects.filter(org=org, person=person, name=name).select_related("base").first()


def deployed_meaning(version: DagVersion) -> Meaning:
    """From the rows, as it was understood when it was deployed: today's operators may understand the text otherwise."""
    edges: dict[UUID, list[EdgeMeaning]] = {}
    jobs = list(version.jobs.prefetch_related("edges__source"))
    for job in jobs:
        edges[job.pk] = [
            EdgeMeaning(edge.number, edge.source.name if edge.source else "", edge.output, edge.dataset)
            for edge in job.edges.all()
        ]
    meanings = {
        job.name: JobMeaning(
            job.name, job.operator, job.operator_version, job.activation, job.runtime, job.outputs,
            job.spec, job.definition, tuple(edges[job.pk]),
        )
        for job in jobs
    }  # fmt: skip
    return Meaning(version.dag.name, "", meanings, version.publish)


def compared(before: DagVersion | None, after: DagVersion | None) -> Comparison:
    return compare(deployed_meaning(before) if before else None, deployed_meaning(after) if after else None)


def text_diff(before: DagVersion | None, after: DagVersion) -> str:
    names = (f"version {before.number}" if before else "nothing", f"version {after.number}")
    old = before.yaml.splitlines(keepends=True) if before else []
    return "".join(unified_diff(old, after.yaml.splitlines(keepends=True), *names))


def diff_lines(before: DagVersion | None, after: DagVersion) -> list[tuple[str, str]]:
    """Kind and text of each line of the difference: `add`, `remove`, `same`, `place`."""
    kinds = {"+": "add", "-": "remove", "@": "place"}
    lines = text_diff(before, after).split("\n")[2:]
    return [(kinds.get(line[:1], "same"), line) for line in lines if line]


def job_rows(version: DagVersion) -> list[Job]:
    return list(version.jobs.prefetch_related("edges__source"))


def drafts_of(org: Org, person: Person) -> QuerySet[Draft]:
    return Draft.objects.filter(org=org, person=person).order_by("-saved_at")


@dataclass(frozen=True)
class DagRow:
    """A line of the list of DAGs."""

    dag: Dag
    schedules: list[str]
    next_at: datetime | None
    operators: list[str]


def rows_of(dags: Iterable[Dag], *, now: datetime) -> list[DagRow]:
    """One query for the jobs of all of them."""
    found = list(dags)
    jobs: dict[UUID, list[Job]] = {}
    for job in Job.objects.filter(version__in=[dag.active_id for dag in found if dag.active_id]).only(
        "version", "operator", "spec"
    ):
        jobs.setdefault(job.version_id, []).append(job)
    return [_row(dag, jobs.get(dag.active_id, []) if dag.active_id else [], now=now) for dag in found]


def _row(dag: Dag, jobs: list[Job], *, now: datetime) -> DagRow:
    sources = [job.spec.get("source") or {} for job in jobs]
    crons = [source["schedule"] for source in sources if source.get("kind") == "cron"]
    kinds = sorted({source["kind"] for source in sources if source.get("kind", "cron") != "cron"})
    ticks = [next(parse_schedule(cron).ticks_after(now), None) for cron in crons]
    upcoming = min((tick for tick in ticks if tick), default=None)
    words = [*crons, *(kind.replace("_", " ") for kind in kinds)]
    return DagRow(dag, words, upcoming, sorted({job.operator for job in jobs}))


def jobs_told(version: DagVersion) -> list[dict[str, object]]:
    fields = ("name", "operator", "operator_version", "activation", "runtime", "outputs", "spec", "definition_hash")
    return list(version.jobs.values(*fields))


def plan_of(org: Org, checked: Checked) -> dict[str, object]:
    """Of a valid document: what activating it would change, and what forbids that."""
    if checked.facts is None:
        raise ValueError("a document that cannot be read has no plan")
    meaning = meaning_of(checked.facts)
    dag = Dag.objects.of(org).filter(name=meaning.name).select_related("active__dag").first()
    return {**told_comparison(against_active(dag, meaning)), "not_built": not_built(meaning)}


def not_built(meaning: Meaning) -> list[str]:
    """Operators that are declared and have no implementation."""
    operators = catalogue().operators
    return sorted({job.operator for job in meaning.jobs.values() if not operators[job.operator].implementation})


def against_active(dag: Dag | None, meaning: Meaning) -> Comparison:
    """What activating it would change."""
    active = dag.active if dag else None
    return compare(deployed_meaning(active) if active else None, meaning)
