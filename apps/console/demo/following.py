"""The demo's DAG: deployed and activated once, by the demo's writer. What people make of it after that is theirs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from apps.accounts.models import Person
from apps.audit.domain import Actor, ActorKind
from apps.dags import services as dags
from apps.dags.models import Dag
from apps.dags.services import Sent, Wanted
from apps.orgs.models import Org
from apps.orgs.policy import Principal

NAME = "demo-chain"


def ensure_dag(org: Org, writer: Person, *, now: datetime) -> None:
    if Dag.objects.filter(org=org, name=NAME).exists():
        return
    who, by = Principal(writer), Actor(ActorKind.PERSON, writer.email, person_id=writer.pk)
    text = (Path(__file__).parent / "demo_chain.yaml").read_text(encoding="utf-8")
    deployed = dags.deploy(org, Sent(NAME, text), who=who, by=by, now=now)
    dags.activate(deployed.version.dag, Wanted(deployed.version), who=who, by=by, now=now)
