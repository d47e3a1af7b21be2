from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs.domain import Level
from apps.orgs.guarded_api import PAGING, flag_named, page_of
from apps.orgs.policy import Action
from apps.platform.errors import BadInput
from apps.runs import selectors, services
from apps.runs.api import shapes
from apps.runs.api.base import FILTER_PARAMETERS, TaskAPI
from apps.runs.api.data import told_data
from apps.runs.api.telling import told_detail, told_log, told_row, told_run
from apps.runs.domain import Tally, read_wanted
from apps.runs.selectors.logs import LONGEST_PAGE
from apps.runs.selectors.tree import MOST_WALKED

_LINES = 1_000


class TasksView(TaskAPI):
    actions: ClassVar = {"GET": Action.RUNS_VIEW}

    @extend_schema(
        operation_id="list_tasks", responses=shapes.TaskPageSerializer,
        description="Tasks of the DAGs that you see, the newest first.",
        parameters=[*PAGING, *FILTER_PARAMETERS, OpenApiParameter("count", bool, description="Say as well how many match.")],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        seen = self.seen(request)
        matching = selectors.tasks_matching(self.org, read_wanted(request.query_params), seen)
        tasks, more = page_of(matching, request, descending=True)
        rows = selectors.rows_of(tasks, seen, with_tallies=False)
        answer: dict[str, object] = {"results": [told_row(row) for row in rows], "next": more}
        if flag_named(request, "count"):
            answer["total"], answer["is_more"] = selectors.counted(matching)
        return Response(answer)


class TaskView(TaskAPI):
    actions: ClassVar = {"GET": Action.RUNS_VIEW}

    @extend_schema(
        operation_id="get_task", responses=shapes.WholeTaskSerializer,
        description="One task: its attempts, what it was made for, what it read and made, what it said, what that led to.",
    )  # fmt: skip
    def get(self, request: Request, task_id: UUID) -> Response:
        task, job = self.task(request, task_id)
        seen = self.seen(request)
        tally = selectors.tallies_of([task.root_id], seen.ids, most=MOST_WALKED).get(task.root_id, Tally())
        run = told_run(tally, is_settled=selectors.is_settled(task.root_id, tally))
        data = selectors.data_of(task, job, self.asker(request, seen))
        return Response(told_detail(selectors.detail_of(task, job, seen)) | {"run": run} | told_data(data))


class LogsView(TaskAPI):
    actions: ClassVar = {"GET": Action.RUNS_VIEW}

    @extend_schema(
        operation_id="get_task_logs", responses=shapes.LogSerializer,
        description="Lines of an attempt's log. To follow it, ask again from `next` until `is_over`.",
        parameters=[
            OpenApiParameter("attempt", int, description="Number of an attempt; without it, the latest."),
            OpenApiParameter("from", int, description="Number of a line, from 0."),
            OpenApiParameter("limit", int, description=f"Lines of a page: {_LINES}, at most {LONGEST_PAGE}."),
        ],
    )  # fmt: skip
    def get(self, request: Request, task_id: UUID) -> Response:
        task, _ = self.task(request, task_id)
        attempt = _whole_number(request, "attempt", None, most=2**31 - 1)
        start, limit = (
            _whole_number(request, "from", 0, most=2**31 - 1),
            _whole_number(request, "limit", _LINES, most=LONGEST_PAGE),
        )
        found = selectors.attempt_of(task, attempt)
        return Response(told_log(selectors.log_page(task, found, start=start or 0, limit=limit or 1)))


def _whole_number(request: Request, name: str, otherwise: int | None, *, most: int) -> int | None:
    raw = request.query_params.get(name)
    if raw is None:
        return otherwise
    if not (raw.isascii() and raw.isdigit()) or len(raw) > len(str(most)) or int(raw) > most:
        raise BadInput(f"`{name}` is a whole number up to {most}.", code="bad_number")
    return int(raw)


class CancelView(TaskAPI):
    actions: ClassVar = {"POST": Action.RUNS_ACT}

    @extend_schema(
        operation_id="cancel_task", request=None, responses={202: shapes.StatusSerializer},
        description="Queued: at once. Running: it learns it at its next heartbeat. 409 where it is over.",
    )  # fmt: skip
    def post(self, request: Request, task_id: UUID) -> Response:
        task, job = self.task(request, task_id, Level.CHANGE)
        return Response({"id": task.pk, "status": services.cancel_task(task, job, by=self.by)}, status=202)


class RetryView(TaskAPI):
    actions: ClassVar = {"POST": Action.RUNS_ACT}

    @extend_schema(
        operation_id="retry_task", request=None, responses={202: shapes.StatusSerializer},
        description="A failed task is queued again with all its attempts. 409 where it has not failed.",
    )  # fmt: skip
    def post(self, request: Request, task_id: UUID) -> Response:
        task, job = self.task(request, task_id, Level.CHANGE)
        services.retry_task(task, job, by=self.by)
        return Response({"id": task.pk, "status": "queued"}, status=202)


class RerunView(TaskAPI):
    actions: ClassVar = {"POST": Action.RUNS_ACT}

    @extend_schema(
        operation_id="rerun_task", request=shapes.AloneSerializer, responses={202: shapes.BegunSerializer},
        description="A task that is over is done anew, under the version that is active now, and so is all below it unless `alone`.",
    )  # fmt: skip
    def post(self, request: Request, task_id: UUID) -> Response:
        body = shapes.AloneSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        task, job = self.task(request, task_id, Level.CHANGE)
        made = services.rerun_task(task, job, alone=body.validated_data["alone"], by=self.by)
        return Response({"tasks": [{"id": made}]}, status=202)
