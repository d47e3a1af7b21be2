"""What the API views of DAGs share: the org by header, the DAG by name, the right to the one DAG."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.request import Request

from apps.dags import selectors
from apps.dags.models import Dag
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.guarded_api import HeaderOrgAPI, principal_of


class DagAPI(HeaderOrgAPI):
    def dag(self, request: Request, name: str, level: Level = Level.VIEW) -> Dag:
        dag = selectors.get_dag(self.org, name)
        policy.require_reach(principal_of(request), level, dag, now=timezone.now())
        return dag
