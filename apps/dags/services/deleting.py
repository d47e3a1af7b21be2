"""A DAG that nothing ever came of goes; one that was active stays, because its data and its history point at it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from apps.audit import services as audit
from apps.audit.domain import Actor
from apps.dags.models import Dag, Draft
from apps.dags.services.deploying import subject_of
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.models import Org
from apps.orgs.policy import Principal
from apps.platform.errors import Conflict


@transaction.atomic
def delete_dag(dag: Dag, *, who: Principal, by: Actor, now: datetime) -> None:
    """With its versions and every draft of it. 409 `dag_in_use` for one that was ever active."""
    # The org's lock first, as everywhere: nobody deploys to it, or activates it, meanwhile.
    org = Org.objects.select_for_update(no_key=True).get(pk=dag.org_id)
    dag = Dag.objects.select_for_update(of=("self",)).select_related("owner").get(pk=dag.pk)
    policy.require_reach(who, Level.CHANGE, dag, now=now)
    if dag.activations.exists():
        state = "Switch it off instead." if dag.active_id else "It is switched off, so nothing of it runs."
        raise Conflict(f"`{dag.name}` was active, so its data and its history stay, and it with them. {state}", code="dag_in_use")
    subject, numbers = subject_of(dag), dag.versions.count()
    Draft.objects.filter(Q(name=dag.name) | Q(base__dag=dag), org=org).delete()
    dag.delete()
    audit.record("dag.delete", subject, by=by, org_id=org.pk, before={"versions": numbers})
