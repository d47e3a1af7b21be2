"""A version that is built beside the active one: how far it is, that it takes over, that it is given up."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.dags import services as dags
from apps.dags.domain import OPEN_BUILD, Cutover
from apps.dags.models import Dag
from apps.dags.selectors import reached_dag
from apps.orgs.domain import Level
from apps.orgs.guarded_api import principal_of
from apps.orgs.policy import Action
from apps.platform.errors import NotFound
from apps.runs import selectors
from apps.runs.api.base import TaskAPI


class BuildSerializer(serializers.Serializer[object]):
    dag = serializers.CharField()
    version_id = serializers.UUIDField()
    number = serializers.IntegerField(help_text="Of the version that is built.")
    state = serializers.ChoiceField([state.value for state in OPEN_BUILD])
    cutover = serializers.ChoiceField([one.value for one in Cutover])
    scope = serializers.ListField(child=serializers.CharField(), help_text="The jobs that are built anew.")
    planned = serializers.BooleanField(help_text="Whether all tasks of it are made; before that, `total` still grows.")
    done = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Tasks that nobody tries again: they hold it up until they are replayed.")
    total = serializers.IntegerField()
    problem = serializers.CharField(help_text="Why it could not take over by itself; empty where nothing is wrong.")
    made_at = serializers.DateTimeField()
    ready_at = serializers.DateTimeField(allow_null=True)


class BuildAPI(TaskAPI):
    def dag(self, request: Request, name: str, level: Level = Level.VIEW) -> Dag:
        return reached_dag(self.org, name, who=principal_of(request), level=level, now=self.now)


class BuildView(BuildAPI):
    actions: ClassVar = {"GET": Action.DAGS_VIEW, "DELETE": Action.DAGS_ACTIVATE}

    @extend_schema(
        operation_id="show_build", responses=BuildSerializer, description="The version that is being built; 404 where none is."
    )
    def get(self, request: Request, dag_name: str) -> Response:
        progress = selectors.progress_of(self.dag(request, dag_name))
        if progress is None:
            raise NotFound(f"No version of `{dag_name}` is being built.", code="no_build")
        return Response(_told(progress))

    @extend_schema(
        operation_id="abandon_build", request=None, responses={204: None}, description="Give it up. The active version goes on."
    )
    def delete(self, request: Request, dag_name: str) -> Response:
        dag = self.dag(request, dag_name, Level.CHANGE)
        dags.abandon_build(dag, who=principal_of(request), by=self.by, now=self.now)
        return Response(status=204)


class CutoverView(BuildAPI):
    actions: ClassVar = {"POST": Action.DAGS_ACTIVATE}

    @extend_schema(
        operation_id="cut_over", request=None, responses={204: None},
        description="The version that is ready takes over: names, what readers get, and the DAG, in one transaction.",
    )  # fmt: skip
    def post(self, request: Request, dag_name: str) -> Response:
        dag = self.dag(request, dag_name, Level.CHANGE)
        dags.cut_over(dag, who=principal_of(request), by=self.by, now=self.now)
        return Response(status=204)


def _told(progress: selectors.Progress) -> dict[str, object]:
    build = progress.build
    return {
        "dag": build.dag.name, "version_id": build.version_id, "number": build.version.number, "state": build.state,
        "cutover": build.cutover, "scope": build.scope, "planned": progress.is_planned, "done": progress.done,
        "failed": progress.failed, "total": progress.total, "problem": build.problem, "made_at": build.made_at, "ready_at": build.ready_at,
    }  # fmt: skip
