"""Reads. Which DAGs somebody reaches is the policy's to say; these take DAGs that are theirs to see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery

from apps.accounts.models import Person
from apps.dags.document.comparing import Comparison, compare
from apps.dags.document.meaning import Edge as EdgeMeaning
from apps.dags.document.meaning import JobMeaning, Meaning, meaning_of
from apps.dags.document.schedules import parse_schedule
from apps.dags.document.text_diff import Line, differences
from apps.dags.document.validating import Checked
from apps.dags.domain import OPEN_BUILD, is_slot
from apps.dags.models import Activation, Build, Dag, DagVersion, Draft, Job
from apps.dags.telling import told_comparison
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.models import Org
from apps.orgs.policy import Principal
from apps.platform.errors import NotFound
from operators.sdk.catalogue import catalogue
from operators.sdk.config import pool_fields


def dags_of(org: Org) -> QuerySet[Dag]:
    latest = DagVersion.objects.filter(dag=OuterRef("pk")).order_by("-number")
    return (
        Dag.objects.of(org)
        .select_related("active__created_by", "owner", "visible_to")
        .prefetch_related(Prefetch("builds", _open_builds(), to_attr="open_builds"))
        .defer("active__yaml", "active__publish")
        .annotate(
            latest_number=Subquery(latest.values("number")[:1]),
            latest_at=Subquery(latest.values("created_at")[:1]),
            version_count=Count("versions"),
        )
    )


def _open_builds() -> QuerySet[Build]:
    return Build.objects.filter(state__in=OPEN_BUILD).select_related("version__created_by", "made_by").defer("version__yaml")


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


def users_of_pools(names: Sequence[str]) -> dict[str, list[str]]:
    """Jobs of active versions of any org that name one of these pools: `org/dag/job`."""
    found: dict[str, list[str]] = {}
    for operator, declared in catalogue().operators.items():
        for field in pool_fields(declared.config):
            named = f"spec__config__{field}"
            asked = Q(**{f"{named}__in": list(names)}) | Q(
                *[Q(**{f"{named}__contains": [name]}) for name in names], _connector=Q.OR
            )
            jobs = Job.objects.filter(asked, operator=operator, version__in=Dag.objects.values("active"))
            for org, dag, job, value in jobs.values_list("version__dag__org__slug", "version__dag__name", "name", named):
                for name in value if isinstance(value, list) else [value]:
                    found.setdefault(name, []).append(f"{org}/{dag}/{job}")
    return {name: jobs for name, jobs in found.items() if name in names}


def get_dag(org: Org, name: str) -> Dag:
    found = dags_of(org).select_related("org").filter(name=name).first()
    if found is None:
        raise NotFound(f"There is no DAG `{name[:63]}` in this org.", code="unknown_dag")
    return found


def reached_dag(org: Org, name: str, *, who: Principal, level: Level, now: datetime) -> Dag:
    """For pages and API alike: found, and asked for."""
    dag = get_dag(org, name)
    policy.require_reach(who, level, dag, now=now)
    return dag


def versions_of(dag: Dag) -> QuerySet[DagVersion]:
    was_active = Exists(Activation.objects.filter(version=OuterRef("pk")))
    return dag.versions.select_related("created_by", "dag").defer("yaml").annotate(was_active=was_active)


def was_active(version: DagVersion) -> bool:
    return Activation.objects.filter(version=version).exists()


def last_active_at(version: DagVersion) -> datetime | None:
    """Until when it was active; None where it never was, or is."""
    return Activation.objects.filter(before=version).order_by("-pk").values_list("made_at", flat=True).first()


def open_build(dag: Dag) -> Build | None:
    """The version of it that is being built, or is ready to take over."""
    return _open_builds().filter(dag=dag).select_related("dag").first()


def get_version(dag: Dag, version_id: UUID) -> DagVersion:
    found = dag.versions.select_related("created_by", "dag").filter(pk=version_id).first()
    if found is None:
        raise NotFound(f"`{dag.name}` has no such version.", code="unknown_version")
    return found


def activations_of(dag: Dag) -> QuerySet[Activation]:
    whole = dag.activations.select_related("version__created_by", "before__created_by", "made_by")
    return whole.defer("version__yaml", "before__yaml")


def draft_of(org: Org, person: Person, name: str) -> Draft | None:
    return Draft.objects.filter(org=org, person=person, name=name).select_related("base__dag").first()


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
            job.spec, job.definition, job.definition_hash, tuple(edges[job.pk]),
        )
        for job in jobs
    }  # fmt: skip
    return Meaning(version.dag.name, "", meanings, version.publish)


def compared(before: DagVersion | None, after: DagVersion | None) -> Comparison:
    return compare(deployed_meaning(before) if before else None, deployed_meaning(after) if after else None)


def text_diff(before: DagVersion | None, after: DagVersion) -> list[Line]:
    names = (f"version {before.number}" if before else "nothing", f"version {after.number}")
    return differences(before.yaml if before else "", after.yaml, names)


def job_rows(version: DagVersion) -> QuerySet[Job]:
    return version.jobs.prefetch_related("edges__source")


def drafts_of(org: Org, person: Person) -> QuerySet[Draft]:
    return Draft.objects.filter(org=org, person=person).select_related("base__dag").order_by("-saved_at")


def drafts_of_new(org: Org, person: Person) -> list[Draft]:
    return [draft for draft in drafts_of(org, person) if not draft.dag_name]


def drafts_of_dag(dag: Dag, person: Person) -> QuerySet[Draft]:
    return drafts_of(dag.org, person).filter(Q(name=dag.name) | Q(base__dag=dag))


def get_slot(org: Org, person: Person, slot: str, *, dag: Dag | None) -> Draft:
    """One of a new DAG, or one beside that of `dag`."""
    found = draft_of(org, person, slot) if is_slot(slot) else None
    if found is None or found.dag_name != (dag.name if dag else ""):
        raise NotFound("There is no such draft: it was deployed or discarded.", code="unknown_draft")
    return found


@dataclass(frozen=True)
class DagRow:
    """A line of the list of DAGs."""

    dag: Dag
    schedules: list[str]
    next_at: datetime | None


def rows_of(dags: Iterable[Dag], *, now: datetime) -> list[DagRow]:
    """One query for the sources of all of them."""
    found = list(dags)
    sources: dict[UUID, list[dict[str, str]]] = {}
    jobs = Job.objects.filter(version__in=[dag.active_id for dag in found if dag.active_id], spec__has_key="source")
    for version_id, source in jobs.values_list("version_id", "spec__source"):
        sources.setdefault(version_id, []).append(source)
    return [_row(dag, sources.get(dag.active_id, []) if dag.active_id else [], now=now) for dag in found]


def _row(dag: Dag, sources: list[dict[str, str]], *, now: datetime) -> DagRow:
    crons = [source["schedule"] for source in sources if source["kind"] == "cron"]
    kinds = sorted({source["kind"].replace("_", " ") for source in sources if source["kind"] != "cron"})
    ticks = [next(parse_schedule(cron).ticks_after(now), None) for cron in crons]
    return DagRow(dag, [*crons, *kinds], min((tick for tick in ticks if tick), default=None))


def jobs_told(version: DagVersion) -> list[dict[str, object]]:
    fields = ("name", "operator", "operator_version", "activation", "runtime", "outputs", "spec", "definition_hash")
    return list(version.jobs.values(*fields))


def plan_of(org: Org, checked: Checked, *, who: Principal, now: datetime) -> dict[str, object] | None:
    """Of a valid document: what activating it would change, and what forbids that. None to whom may not see what it would replace."""
    if checked.facts is None:
        raise ValueError("a document that cannot be read has no plan")
    meaning = meaning_of(checked.facts)
    dag = Dag.objects.of(org).filter(name=meaning.name).select_related("active__dag").first()
    if dag and not policy.can_reach(who, Level.VIEW, dag, now=now):
        return None
    return {**told_comparison(compare(active_meaning(dag), meaning)), "not_built": not_built(meaning)}


def not_built(meaning: Meaning) -> list[str]:
    """Operators that are declared and have no implementation, or are not installed any more."""
    runnable = {name for name, operator in catalogue().operators.items() if operator.implementation}
    return sorted({job.operator for job in meaning.jobs.values()} - runnable)


def active_meaning(dag: Dag | None) -> Meaning | None:
    return deployed_meaning(dag.active) if dag and dag.active else None
