"""What is done with a job by hand: a run of it, a pause."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.dags.selectors import reached_dag
from apps.dispatch.models import LiveJob
from apps.orgs.domain import Level
from apps.orgs.guarded_api import principal_of
from apps.orgs.policy import Action
from apps.runs import selectors, services
from apps.runs.api import shapes
from apps.runs.api.base import TaskAPI
from apps.runs.domain import checked_blocks
from apps.runs.services.starting import Asked


class JobAPI(TaskAPI):
    def job(self, request: Request, dag_name: str, job: str) -> LiveJob:
        dag = reached_dag(self.org, dag_name, who=principal_of(request), level=Level.CHANGE, now=self.now)
        return selectors.get_job(dag, job)


class JobRunsView(JobAPI):
    actions: ClassVar = {"POST": Action.RUNS_ACT}

    @extend_schema(
        operation_id="run_job", request=shapes.RunSerializer,
        responses={202: shapes.BegunSerializer, 200: shapes.BegunSerializer},
        description="Start a manual source, with a range or without. Of a job that listens, do its tasks over the range again. "
        "An `Idempotency-Key` names the run: sent again when its answer is no longer kept, it is still the same run, and the answer is 200.",
    )  # fmt: skip
    def post(self, request: Request, dag_name: str, job: str) -> Response:
        body = shapes.RunSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        live = self.job(request, dag_name, job)
        given = body.validated_data.get("range")
        blocks = checked_blocks(given["start"], given["end"]) if given else None
        begun = services.start_job(live, Asked(blocks, request.headers.get("Idempotency-Key")), by=self.by, now=self.now)
        return Response({"tasks": [{"id": one} for one in begun.task_ids]}, status=202 if begun.is_new else 200)


class PausedView(JobAPI):
    actions: ClassVar = {"PUT": Action.RUNS_ACT}

    @extend_schema(
        operation_id="pause_job", request=shapes.PausedSerializer, responses=shapes.PausedJobSerializer,
        description="A paused job hands nothing out: its tasks wait, and go on when it is resumed. What runs already ends.",
    )  # fmt: skip
    def put(self, request: Request, dag_name: str, job: str) -> Response:
        body = shapes.PausedSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        live, paused = self.job(request, dag_name, job), body.validated_data["paused"]
        services.set_paused(live, paused=paused, by=self.by, now=self.now)
        return Response({"dag": dag_name, "job": job, "paused": paused})
