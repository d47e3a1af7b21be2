"""Which version is the DAG: a pointer, moved with everything that hangs on it in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.accounts.models import Person
from apps.audit import services as audit
from apps.audit.domain import Actor
from apps.dags import checking
from apps.dags.document.meaning import Meaning, meaning_of
from apps.dags.document.validating import Checked
from apps.dags.domain import ACTIVATED, TRACE_COLUMNS, Cutover, move_of
from apps.dags.models import Activation, Build, Dag, DagVersion
from apps.dags.publications import output_versions, publications
from apps.dags.selectors import last_active_at, not_built, was_active
from apps.dags.services.building import begin_build, give_up_build, must_be_built, require_rows
from apps.dags.services.deploying import subject_of
from apps.dags.services.personal_data import close_columns
from apps.datasets import services as datasets
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.models import Org
from apps.orgs.policy import Principal
from apps.outbox import services as outbox
from apps.platform.errors import Conflict
from apps.tables import services as tables


@dataclass(frozen=True)
class Wanted:
    """The version that shall be the active one, and how; None for none."""

    version: DagVersion | None
    cutover: Cutover = Cutover.AUTO


def activate(dag: Dag, wanted: Wanted, *, who: Principal, by: Actor, now: datetime) -> Dag:
    """Also back to an earlier one, and None to none. A version that is active already stays so, and nothing is said.

    One that makes anew what readers have is built first: until it is ready the active one goes on.
    """
    # Before the lock: a long document keeps nobody waiting. Who has which name of a dataset is asked again under it.
    version = wanted.version
    meaning = activatable(dag, version) if version and dag.active_id != version.pk else None
    with transaction.atomic():
        dag = locked(dag)
        policy.require_reach(who, Level.CHANGE, dag, now=now)
        if dag.active != version and version and meaning is None:
            raise Conflict(
                "Somebody activated another version meanwhile. Look at the DAG, and activate again.", code="moved_meanwhile"
            )
        if meaning:
            require_rows(dag, meaning)
        give_up_build(dag, unless=version, by=by, now=now)
        if version and meaning and (scope := must_be_built(dag, version, meaning)):
            build = Build(dag=dag, version=version, scope=scope, cutover=wanted.cutover.value, made_by=who.person, made_at=now)
            begin_build(build, meaning, by=by)
            return dag
        return move(dag, version, meaning, owner=who.person, by=by, now=now)


def locked(dag: Dag) -> Dag:
    """The org first, as a deployment does, then the DAG: no two ever wait for each other."""
    Org.objects.select_for_update(no_key=True).get(pk=dag.org_id)
    return Dag.objects.select_for_update(of=("self",), no_key=True).select_related("active", "org").get(pk=dag.pk)


def move(
    dag: Dag,
    version: DagVersion | None,
    meaning: Meaning | None,
    *,
    owner: Person | None,
    by: Actor,
    now: datetime,
    missed_since: datetime | None = None,
) -> Dag:
    """Of a DAG that the caller has locked. `missed_since`: from then on the jobs that change with it have not seen what came."""
    org, before = dag.org, dag.active
    if before == version:
        return dag
    published = publications(meaning) if meaning else []
    datasets.publish(org, dag.name, published, owner=owner, by=by, now=now)
    tables.want_tables(org, published, now=now)
    if meaning and version:
        datasets.point(org, dag.pk, version.pk, output_versions(dag, meaning), now=now)
        if any(spec.get("pii_columns") for spec in meaning.publish.values()):
            close_columns(org, meaning, by=by, now=now)
    numbers = {"active": before.number if before else None, "wanted": version.number if version else None}
    kind = move_of(**numbers, was_active=version is not None and was_active(version))
    dag.active, dag.description = version, meaning.description if meaning else dag.description
    dag.save(update_fields=["active", "description"])
    Activation.objects.create(
        dag=dag, version=version, before=before, move=kind, made_by=owner, made_at=now,
        missed_since=missed_since or (last_active_at(version) if version else None),
    )  # fmt: skip
    # What this means for work is a floor above's to do.
    outbox.put(ACTIVATED, {"dag_id": str(dag.pk)}, org_id=org.pk)
    if version:
        # Again: the datasets that it reads may have other columns than when it was deployed.
        outbox.put(TRACE_COLUMNS, {"version_id": str(version.pk)}, org_id=org.pk)
    audit.record(f"dag.{kind}", subject_of(dag), by=by, org_id=org.pk, before=_told(before), after=_told(version))
    return dag


def activatable(dag: Dag, version: DagVersion) -> Meaning:
    """Today: a dataset, a bundle or an operator may be gone, or another's, since it was deployed."""
    checked = checking.check(dag.org, version.yaml, dag=dag.name)
    if checked.problems or checked.facts is None:
        raise Conflict(
            f"Version {version.number} was right when it was deployed and is not today. Deploy one that is.",
            code="no_longer_valid", errors=checking.told(checked.problems),
        )  # fmt: skip
    meaning = meaning_of(checked.facts)
    _check_operators(version, meaning)
    _check_pools(version, checked)
    return meaning


def _check_operators(version: DagVersion, meaning: Meaning) -> None:
    if missing := not_built(meaning):
        names = ", ".join(f"`{name}`" for name in missing)
        raise Conflict(
            f"This version of Trace declares {names} and cannot run {'it' if len(missing) == 1 else 'them'} yet."
            " The DAG can be deployed, not activated.",
            code="operator_not_built", detail={"operators": missing},
        )  # fmt: skip
    deployed = dict(version.jobs.values_list("name", "definition_hash"))
    if changed := sorted(name for name, job in meaning.jobs.items() if job.definition_hash != deployed.get(name)):
        raise Conflict(
            f"Since version {version.number} was deployed its operators have come to make other data, in {', '.join(changed)}."
            " A version never changes: deploy the text again with any difference, such as a comment, and activate that.",
            code="operator_changed", detail={"jobs": changed},
        )  # fmt: skip


def _check_pools(version: DagVersion, checked: Checked) -> None:
    if checked.warnings:
        first, *more = checked.warnings
        others = f" {len(more)} more like it." if more else ""
        raise Conflict(
            f"Version {version.number} cannot be activated: {first.message} {first.hint}{others}",
            code=first.code.value, errors=checking.told(checked.warnings),
        )  # fmt: skip


def _told(version: DagVersion | None) -> dict[str, object] | None:
    return {"version": str(version.pk), "number": version.number} if version else None
