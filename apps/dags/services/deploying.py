"""A text becomes a version, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from apps.accounts.models import Person
from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.dags import checking
from apps.dags.document.meaning import Meaning, yaml_hash
from apps.dags.models import Dag, DagVersion, Draft, Edge, Job
from apps.dags.selectors import count_of
from apps.orgs import quotas
from apps.orgs.models import Org
from apps.orgs.quotas import Quota
from apps.platform.errors import Conflict


@dataclass(frozen=True)
class Deployed:
    """`created` is False where the text was deployed before: that version is given back."""

    version: DagVersion
    created: bool


def deploy(
    org: Org, name: str, text: str, *, owner: Person | None, by: Actor, now: datetime, base: UUID | None = None
) -> Deployed:
    """`base`: the latest version that the author had seen. One that came after it is never written over unseen."""
    checked = checking.check(org, text, dag=name)
    digest = yaml_hash(checked.text)
    known = _known(org, name, digest)
    if known is None:
        # Only now: a text that is a version already stays one, whatever the operators have become since.
        meaning = checking.require_valid(checked)
        known = _deploy_new(org, name, checked.text, meaning, digest=digest, owner=owner, by=by, now=now, base=base)
    Draft.objects.filter(org=org, person=owner, name=name).delete()
    return known


def _known(org: Org, name: str, digest: str) -> Deployed | None:
    version = DagVersion.objects.filter(dag__org=org, dag__name=name, yaml_hash=digest).select_related("dag").first()
    return Deployed(version, created=False) if version else None


@transaction.atomic
def _deploy_new(  # noqa: PLR0913  what a version is made of
    org: Org,
    name: str,
    text: str,
    meaning: Meaning,
    *,
    digest: str,
    owner: Person | None,
    by: Actor,
    now: datetime,
    base: UUID | None,
) -> Deployed:
    # The org's lock: two people who deploy at once see each other's version, and the last place of the quota is given once.
    Org.objects.select_for_update().get(pk=org.pk)
    if known := _known(org, name, digest):
        return known
    dag = _ensure_dag(org, name, owner=owner, by=by, now=now)
    _check_base(dag, base)
    number = (dag.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = DagVersion.objects.create(
        dag=dag, number=number, yaml=text, yaml_hash=digest, publish=meaning.publish, created_by=owner, created_at=now
    )
    _materialise(version, meaning)
    audit.record(
        "dag.deploy",
        subject_of(dag),
        by=by,
        org_id=org.pk,
        after={"version": str(version.pk), "number": number, "yaml_hash": digest},
    )
    return Deployed(version, created=True)


def _ensure_dag(org: Org, name: str, *, owner: Person | None, by: Actor, now: datetime) -> Dag:
    if dag := Dag.objects.of(org).filter(name=name).first():
        return dag
    quotas.require_room(org, Quota.DAGS, used=count_of(org))
    dag = Dag.objects.create(org=org, name=name, owner=owner, created_at=now)
    audit.record("dag.create", subject_of(dag), by=by, org_id=org.pk)
    return dag


def _check_base(dag: Dag, base: UUID | None) -> None:
    latest = dag.versions.select_related("created_by").first()
    if base is None or latest is None or latest.pk == base:
        return
    who = latest.created_by.email if latest.created_by else "somebody"
    raise Conflict(
        f"{who} deployed version {latest.number} since you began. Compare it with yours, then deploy yours on top of it.",
        code="stale_base",
        detail={"latest": str(latest.pk), "number": latest.number, "by": who, "at": latest.created_at.isoformat()},
    )


def _materialise(version: DagVersion, meaning: Meaning) -> None:
    jobs = {
        name: Job(
            version=version, position=place, name=name, operator=job.operator, operator_version=job.operator_version,
            activation=job.activation, runtime=job.runtime, outputs=job.outputs, spec=job.spec, definition=job.definition,
            definition_hash=job.definition_hash,
        )
        for place, (name, job) in enumerate(meaning.jobs.items())
    }  # fmt: skip
    Job.objects.bulk_create(jobs.values())
    Edge.objects.bulk_create(
        Edge(job=jobs[name], number=edge.number, source=jobs.get(edge.job), output=edge.output, dataset=edge.dataset)
        for name, job in meaning.jobs.items()
        for edge in job.edges
    )


def subject_of(dag: Dag) -> Subject:
    return Subject("dag", str(dag.pk), dag.name)
