from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs.guarded_api import PAGING, page_of
from apps.orgs.policy import Action
from apps.runs import selectors
from apps.runs.api import shapes
from apps.runs.api.base import TaskAPI
from apps.runs.api.data import told_pin


class ReadsView(TaskAPI):
    actions: ClassVar = {"GET": Action.RUNS_VIEW}

    @extend_schema(
        operation_id="list_task_reads", responses=shapes.TaskReadPiecePageSerializer, parameters=PAGING,
        description="Every partition that the last attempt of a task was given to read, but for those of what you do not see.",
    )  # fmt: skip
    def get(self, request: Request, task_id: UUID) -> Response:
        task, _ = self.task(request, task_id)
        pins = selectors.pins_of(task)
        known = selectors.known_versions(pins, self.asker(request, self.seen(request)))
        found, more = page_of(pins.filter(version_id__in=known), request)
        return Response({"results": [told_pin(pin) for pin in found], "next": more})
