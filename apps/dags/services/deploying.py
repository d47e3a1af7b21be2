"""A text becomes a version, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.dags import checking
from apps.dags.document.meaning import Meaning, yaml_hash
from apps.dags.document.validating import Checked
from apps.dags.domain import TRACE_COLUMNS
from apps.dags.models import Dag, DagVersion, Draft, Edge, Job
from apps.dags.selectors import count_of
from apps.orgs import policy, quotas
from apps.orgs.domain import Level
from apps.orgs.models import Org
from apps.orgs.policy import Principal
from apps.orgs.quotas import Quota
from apps.outbox import services as outbox
from apps.platform.errors import Conflict, Invalid


@dataclass(frozen=True)
class Sent:
    """A text for a DAG. `base`: the latest version that its author had seen. `is_new`: there must be no DAG of that name yet."""

    name: str
    text: str
    base: UUID | None = None
    is_new: bool = False


@dataclass(frozen=True)
class Deployed:
    """`created` is False where the text was deployed before: that version is given back."""

    version: DagVersion
    created: bool


def deploy(org: Org, sent: Sent, *, who: Principal, by: Actor, now: datetime) -> Deployed:
    """A version that came after `base` is never written over unseen."""
    _reached(org, sent, who=who, now=now)
    # Before the lock: a long document keeps nobody waiting but its author.
    return _deploy(org, sent, checking.check(org, sent.text, dag=sent.name), who=who, by=by, now=now)


@transaction.atomic
def _deploy(org: Org, sent: Sent, checked: Checked, *, who: Principal, by: Actor, now: datetime) -> Deployed:
    # The org's lock: two people who deploy at once see each other's version, and the last place of the quota is given once.
    Org.objects.select_for_update(no_key=True).get(pk=org.pk)
    dag, digest = _reached(org, sent, who=who, now=now), yaml_hash(checked.text)
    _require_known_base(dag, sent)
    version = dag.versions.filter(yaml_hash=digest).select_related("dag", "created_by").first() if dag else None
    created = version is None
    if version is None:
        # Only now: a text that is a version already stays one, whatever the operators have become since.
        meaning = checking.require_valid(checked)
        if dag:
            _check_base(dag, sent.base)
        version = _make(dag or _make_dag(org, sent.name, who=who, by=by, now=now), checked.text, meaning, who=who, by=by, now=now)
    # What was typed since, in another window, stays.
    Draft.objects.filter(Q(name=sent.name) | Q(name__startswith="-"), org=org, person=who.person, yaml=checked.text).delete()
    return Deployed(version, created)


def _reached(org: Org, sent: Sent, *, who: Principal, now: datetime) -> Dag | None:
    """Asked again under the lock: the DAG may have come, or been closed, while the request was on its way."""
    dag = Dag.objects.of(org).filter(name=sent.name).first()
    if dag is None:
        return None
    policy.require_reach(who, Level.CHANGE, dag, now=now)
    if sent.is_new:
        raise Conflict(
            f"There is a DAG `{sent.name}` already. Open it to make a version of it, or choose another name.", code="dag_exists"
        )
    return dag


def _make(dag: Dag, text: str, meaning: Meaning, *, who: Principal, by: Actor, now: datetime) -> DagVersion:
    number = (dag.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    version = DagVersion.objects.create(
        dag=dag, number=number, yaml=text, yaml_hash=yaml_hash(text), publish=meaning.publish,
        created_by=who.person, created_at=now,
    )  # fmt: skip
    _materialise(version, meaning)
    outbox.put(TRACE_COLUMNS, {"version_id": str(version.pk)}, org_id=dag.org_id)
    told = {"version": str(version.pk), "number": number, "yaml_hash": version.yaml_hash}
    audit.record("dag.deploy", subject_of(dag), by=by, org_id=dag.org_id, after=told)
    return version


def _make_dag(org: Org, name: str, *, who: Principal, by: Actor, now: datetime) -> Dag:
    quotas.require_room(org, Quota.DAGS, used=count_of(org))
    dag = Dag.objects.create(org=org, name=name, owner=who.person, created_at=now)
    audit.record("dag.create", subject_of(dag), by=by, org_id=org.pk)
    return dag


def _require_known_base(dag: Dag | None, sent: Sent) -> None:
    if sent.base is None or (dag and dag.versions.filter(pk=sent.base).exists()):
        return
    there = "" if dag else f" There is no DAG `{sent.name}` yet, so the first version of it has no `base`."
    raise Invalid(
        f"`base` is no version of `{sent.name}`.{there} Send the id of the latest version that you have seen, or leave `base` out.",
        code="unknown_base",
    )


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
