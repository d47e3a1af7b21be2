from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.dags import selectors, telling
from apps.dags.api import shapes
from apps.dags.api.base import DagAPI
from apps.orgs.guarded_api import PAGING, page_of
from apps.orgs.policy import Action


class ActivationsView(DagAPI):
    actions: ClassVar = {"GET": Action.DAGS_VIEW}

    @extend_schema(
        operation_id="list_dag_activations", responses=shapes.ActivationPageSerializer, parameters=PAGING,
        description="Which version was made the active one, when and by whom, the newest first.",
    )  # fmt: skip
    def get(self, request: Request, dag_name: str) -> Response:
        dag = self.dag(request, dag_name)
        made, more = page_of(selectors.activations_of(dag), request, descending=True)
        return Response({"results": [telling.told_activation(one, dag) for one in made], "next": more})
