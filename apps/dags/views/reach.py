"""What the views of pages read out of a request: the right to one DAG, a version, an instant."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from apps.dags import selectors
from apps.dags.models import Dag, DagVersion
from apps.orgs import policy
from apps.orgs.access import OrgRequest
from apps.orgs.domain import Level
from apps.orgs.policy import Principal
from apps.platform.errors import BadInput, NotFound


def principal(request: OrgRequest) -> Principal:
    return Principal(request.person, membership=request.membership)


def reach(request: OrgRequest, name: str, level: Level = Level.VIEW) -> Dag:
    return selectors.reached_dag(request.org, name, who=principal(request), level=level, now=timezone.now())


def may_change(request: OrgRequest, dag: Dag | None) -> bool:
    """Deploy and activate: the right in the org, and to this DAG."""
    if not policy.can(principal(request), policy.Action.DAGS_DEPLOY, org=request.org):
        return False
    return dag is None or bool(policy.can_reach(principal(request), Level.CHANGE, dag, now=timezone.now()))


def numbered(dag: Dag, asked: str | int) -> DagVersion:
    """A version by the number that an address or a form names."""
    text = str(asked)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    found = dag.versions.select_related("dag", "created_by").filter(number=number).first()
    if found is None:
        raise NotFound(f"`{dag.name}` has no version {text[:20]}.", code="unknown_version")
    return found


def instant(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        raise BadInput("`seen` is the `saved_at` of a draft.", code="bad_instant") from None
