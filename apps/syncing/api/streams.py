"""How the streams of a DAG stand; that they are held back, and go on."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.dags.models import Dag
from apps.dags.selectors import reached_dag
from apps.orgs.domain import Level
from apps.orgs.guarded_api import HeaderOrgAPI, principal_of
from apps.orgs.policy import Action
from apps.syncing import selectors, services
from apps.syncing.api.shapes import SyncsSerializer, told_streams


class StreamAPI(HeaderOrgAPI):
    def dag(self, request: Request, name: str, level: Level = Level.VIEW) -> Dag:
        return reached_dag(self.org, name, who=principal_of(request), level=level, now=timezone.now())

    def hold(self, request: Request, dag_name: str, stream: str, *, paused: bool) -> Response:
        dag = self.dag(request, dag_name, Level.CHANGE)
        services.set_paused(selectors.get_stream_jobs(dag, stream), paused=paused, by=self.by, now=timezone.now())
        return self.told(dag)

    def told(self, dag: Dag) -> Response:
        return Response({"dag": dag.name, "streams": told_streams(selectors.streams_of(dag, now=timezone.now()))})


class SyncsView(StreamAPI):
    actions: ClassVar = {"GET": Action.RUNS_VIEW}

    @extend_schema(
        operation_id="list_syncs", responses=SyncsSerializer,
        description="The streams of the DAG's chain_sync entrypoints: how far each is, how fast, and why it does not go on.",
    )  # fmt: skip
    def get(self, request: Request, dag_name: str) -> Response:
        return self.told(self.dag(request, dag_name))


class PauseView(StreamAPI):
    actions: ClassVar = {"POST": Action.RUNS_ACT}

    @extend_schema(
        operation_id="pause_sync", request=None, responses=SyncsSerializer,
        description="Hold a stream back, or by the name of an entrypoint all of its streams: what runs ends, and nothing more is "
        "planned or handed out.",
    )  # fmt: skip
    def post(self, request: Request, dag_name: str, stream: str) -> Response:
        return self.hold(request, dag_name, stream, paused=True)


class ResumeView(StreamAPI):
    actions: ClassVar = {"POST": Action.RUNS_ACT}

    @extend_schema(
        operation_id="resume_sync", request=None, responses=SyncsSerializer,
        description="Let a stream go on where it was, or by the name of an entrypoint all of its streams.",
    )  # fmt: skip
    def post(self, request: Request, dag_name: str, stream: str) -> Response:
        return self.hold(request, dag_name, stream, paused=False)
