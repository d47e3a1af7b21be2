"""Which version is the DAG: a pointer, moved with everything that hangs on it in one transaction."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from apps.accounts.models import Person
from apps.audit import services as audit
from apps.audit.domain import Actor
from apps.dags import checking
from apps.dags.document.meaning import Meaning, meaning_of
from apps.dags.domain import move_of
from apps.dags.models import Activation, Dag, DagVersion
from apps.dags.publications import publications
from apps.dags.selectors import not_built
from apps.dags.services.deploying import subject_of
from apps.dags.services.personal_data import close_columns
from apps.datasets import services as datasets
from apps.orgs.models import Org
from apps.platform.errors import Conflict


@transaction.atomic
def activate(dag: Dag, version: DagVersion | None, *, owner: Person | None, by: Actor, now: datetime) -> Dag:
    """Also back to an earlier one, and None to none. A version that is active already stays so, and nothing is said."""
    # The org first, as a deployment does, then the DAG: no two ever wait for each other.
    org = Org.objects.select_for_update().get(pk=dag.org_id)
    dag = Dag.objects.select_for_update(of=("self",)).select_related("active").get(pk=dag.pk)
    before = dag.active
    if before == version:
        return dag
    meaning = _activatable(org, dag, version) if version else None
    wanted = publications(meaning) if meaning else []
    datasets.publish(org, dag.name, wanted, owner=dag.owner or owner, by=by, now=now)
    if meaning:
        close_columns(org, meaning, by=by, now=now)
    move = move_of(active=before.number if before else None, wanted=version.number if version else None)
    dag.active, dag.description = version, meaning.description if meaning else dag.description
    dag.save(update_fields=["active", "description"])
    Activation.objects.create(dag=dag, version=version, before=before, move=move, made_by=owner, made_at=now)
    audit.record(f"dag.{move}", subject_of(dag), by=by, org_id=org.pk, before=_told(before), after=_told(version))
    return dag


def _activatable(org: Org, dag: Dag, version: DagVersion) -> Meaning:
    """Today: a dataset, a bundle or an operator may be gone, or another's, since it was deployed."""
    checked = checking.check(org, version.yaml, dag=dag.name)
    if checked.problems or checked.facts is None:
        raise Conflict(
            f"Version {version.number} was right when it was deployed and is not today. Deploy one that is.",
            code="no_longer_valid", errors=checking.told(checked.problems),
        )  # fmt: skip
    meaning = meaning_of(checked.facts)
    if missing := not_built(meaning):
        names = ", ".join(f"`{name}`" for name in missing)
        raise Conflict(
            f"This version of Trace declares {names} and cannot run {'it' if len(missing) == 1 else 'them'} yet."
            " The DAG can be deployed, not activated.",
            code="operator_not_built", detail={"operators": missing},
        )  # fmt: skip
    return meaning


def _told(version: DagVersion | None) -> dict[str, object] | None:
    return {"version": str(version.pk), "number": version.number} if version else None
