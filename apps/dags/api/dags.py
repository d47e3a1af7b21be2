from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.dags import checking, selectors, services, telling
from apps.dags.api import shapes
from apps.dags.api.base import DagAPI
from apps.dags.document.json_schema import installed_schema
from apps.dags.domain import Cutover
from apps.dags.models import Dag
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.guarded_api import PAGING, HeaderOrgAPI, page_of, principal_of
from apps.orgs.policy import Action


def told_dag(dag: Dag) -> dict[str, object]:
    return {
        "name": dag.name, "description": dag.description, "created_at": dag.created_at,
        "active": telling.told_version(dag.active, dag) if dag.active else None,
        "building": next((telling.told_version(build.version, dag) for build in getattr(dag, "open_builds", ())), None),
        "latest_number": getattr(dag, "latest_number", None), "visibility": dag.visible_as, "owner": dag.owner.email if dag.owner else None,
    }  # fmt: skip


class DagsView(HeaderOrgAPI):
    actions: ClassVar = {"GET": Action.DAGS_VIEW}

    @extend_schema(
        operation_id="list_dags", responses=shapes.DagPageSerializer, description="The DAGs of an org that you may see, by id.",
        parameters=[*PAGING, OpenApiParameter("search", str, description="Part of a name.")],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        rows = selectors.dags_of(self.org).filter(name__icontains=request.query_params.get("search", ""))
        seen = policy.visible(rows, principal_of(request), now=timezone.now())
        dags, more = page_of(seen, request)
        return Response({"results": [told_dag(dag) for dag in dags], "next": more})


class DagView(DagAPI):
    actions: ClassVar = {"GET": Action.DAGS_VIEW}

    @extend_schema(operation_id="get_dag", responses=shapes.DagSerializer, description="One DAG and its active version.")
    def get(self, request: Request, dag_name: str) -> Response:
        return Response(told_dag(self.dag(request, dag_name)))


class ValidateView(HeaderOrgAPI):
    actions: ClassVar = {"POST": Action.DAGS_VIEW}

    @extend_schema(
        operation_id="validate_dag", request=shapes.YamlSerializer, responses=shapes.CheckedSerializer,
        description="Everything that is wrong with a document, in the order of its text, and what forbids only to activate it. Nothing is kept.",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        body = shapes.YamlSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        checked = checking.check(self.org, body.validated_data["yaml"])
        answer: dict[str, object] = {
            "valid": checked.valid, "name": checked.name, "errors": checking.told(checked.problems),
            "warnings": checking.told(checked.warnings),
        }  # fmt: skip
        if checked.valid and (plan := selectors.plan_of(self.org, checked, who=principal_of(request), now=timezone.now())):
            answer["plan"] = plan
        return Response(answer)


class SchemaView(HeaderOrgAPI):
    actions: ClassVar = {"GET": Action.DAGS_VIEW}

    @extend_schema(
        operation_id="dag_schema", responses={200: {"type": "object"}},
        description="The JSON Schema of a document with the operators of this installation, for editors. The validator knows more.",
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response(installed_schema())


class ActiveView(DagAPI):
    actions: ClassVar = {"PUT": Action.DAGS_ACTIVATE}

    @extend_schema(
        operation_id="activate_dag", request=shapes.ActiveSerializer, responses=shapes.DagSerializer,
        description="Make a version the active one, also an earlier one (a rollback), or none.",
    )  # fmt: skip
    def put(self, request: Request, dag_name: str) -> Response:
        body = shapes.ActiveSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        dag, wanted = self.dag(request, dag_name, Level.CHANGE), body.validated_data["version_id"]
        version = selectors.get_version(dag, wanted) if wanted else None
        how = services.Wanted(version, Cutover(body.validated_data["cutover"]))
        services.activate(dag, how, who=principal_of(request), by=self.by, now=timezone.now())
        return Response(told_dag(selectors.get_dag(self.org, dag_name)))
