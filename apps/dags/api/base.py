"""What the API views of DAGs share: the org by header, the DAG by name, the right to the one DAG."""

from __future__ import annotations

from django.utils import timezone
from rest_framework.request import Request

from apps.dags import selectors
from apps.dags.models import Dag
from apps.orgs.domain import Level
from apps.orgs.guarded_api import HeaderOrgAPI, principal_of


class DagAPI(HeaderOrgAPI):
    def dag(self, request: Request, name: str, level: Level = Level.VIEW) -> Dag:
        return selectors.reached_dag(self.org, name, who=principal_of(request), level=level, now=timezone.now())
