from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.dags import services
from apps.dags.api.dags import DagView
from apps.orgs.domain import Level
from apps.orgs.guarded_api import principal_of
from apps.orgs.policy import Action
from apps.orgs.services import change_visibility

_WORDS = "`private`: its owner and admins. `org`: everybody in the org. `role:<slug>`: those who hold the role."


class VisibilitySerializer(serializers.Serializer[object]):
    visibility = serializers.CharField(max_length=60, help_text=_WORDS)


class NamedVisibilitySerializer(VisibilitySerializer):
    name = serializers.CharField()


class ShownDagView(DagView):
    """One address with what it is: read there, changed and deleted here."""

    actions: ClassVar = {**DagView.actions, "PATCH": Action.DAGS_DEPLOY, "DELETE": Action.DAGS_DEPLOY}

    @extend_schema(
        operation_id="change_dag", request=VisibilitySerializer, responses=NamedVisibilitySerializer,
        description="Who of the org sees the DAG without a grant. Its datasets have a visibility of their own.",
    )  # fmt: skip
    def patch(self, request: Request, dag_name: str) -> Response:
        body = VisibilitySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        dag = self.dag(request, dag_name, Level.CHANGE)
        change_visibility(dag, visibility=body.validated_data["visibility"], by=self.by)
        return Response({"name": dag.name, "visibility": dag.visible_as})

    @extend_schema(
        operation_id="delete_dag", request=None, responses={204: None},
        description="A DAG that was never active, with its versions and drafts. 409 `dag_in_use` for any other: switch it off.",
    )  # fmt: skip
    def delete(self, request: Request, dag_name: str) -> Response:
        dag = self.dag(request, dag_name, Level.CHANGE)
        services.delete_dag(dag, who=principal_of(request), by=self.by, now=timezone.now())
        return Response(status=204)
