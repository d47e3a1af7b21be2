from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.dags import selectors, services, telling
from apps.dags.api import shapes
from apps.dags.api.base import DagAPI
from apps.dags.models import Dag, DagVersion
from apps.orgs.guarded_api import PAGING, id_named, page_of, principal_of
from apps.orgs.policy import Action


class VersionsView(DagAPI):
    actions: ClassVar = {"GET": Action.DAGS_VIEW, "POST": Action.DAGS_DEPLOY}

    @extend_schema(
        operation_id="list_dag_versions", responses=shapes.VersionPageSerializer, parameters=PAGING,
        description="Versions of a DAG, the newest first.",
    )  # fmt: skip
    def get(self, request: Request, dag_name: str) -> Response:
        dag = self.dag(request, dag_name)
        versions, more = page_of(selectors.versions_of(dag), request, descending=True)
        return Response({"results": [telling.told_version(version, dag) for version in versions], "next": more})

    @extend_schema(
        operation_id="deploy_dag", request=shapes.NewVersionSerializer,
        responses={201: shapes.VersionSerializer, 200: shapes.VersionSerializer},
        description="A new version, 201; a text that was deployed before answers with its version, 200. 422 lists every problem.",
    )  # fmt: skip
    def post(self, request: Request, dag_name: str) -> Response:
        body = shapes.NewVersionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        sent = services.Sent(dag_name, body.validated_data["yaml"], base=body.validated_data.get("base"))
        deployed = services.deploy(self.org, sent, who=principal_of(request), by=self.by, now=timezone.now())
        version = deployed.version
        return Response(telling.told_version(version, version.dag), status=201 if deployed.created else 200)


class VersionView(DagAPI):
    actions: ClassVar = {"GET": Action.DAGS_VIEW}

    @extend_schema(
        operation_id="get_dag_version",
        responses=shapes.WholeVersionSerializer,
        description="A version with its text and its jobs.",
    )
    def get(self, request: Request, dag_name: str, version_id: UUID) -> Response:
        dag = self.dag(request, dag_name)
        version = selectors.get_version(dag, version_id)
        return Response(telling.told_version(version, dag) | {"yaml": version.yaml, "jobs": selectors.jobs_told(version)})


class DiffView(DagAPI):
    actions: ClassVar = {"GET": Action.DAGS_VIEW}

    @extend_schema(
        operation_id="diff_dag_versions", responses=shapes.DiffSerializer,
        parameters=[OpenApiParameter("against", UUID, description="The earlier one; without it, the active version.")],
        description="What changed up to this version: the text, and job by job.",
    )  # fmt: skip
    def get(self, request: Request, dag_name: str, version_id: UUID) -> Response:
        dag = self.dag(request, dag_name)
        after = selectors.get_version(dag, version_id)
        before = self._before(request, dag)
        comparison = telling.told_comparison(selectors.compared(before, after))
        return Response(comparison | {"text": "".join(f"{line.text}\n" for line in selectors.text_diff(before, after))})

    @staticmethod
    def _before(request: Request, dag: Dag) -> DagVersion | None:
        if "against" in request.query_params:
            return selectors.get_version(dag, id_named(request, "against"))
        return dag.active
