"""Cancel and retry of everything that a filter matches."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.runs import services
from apps.runs.api import shapes
from apps.runs.api.base import TaskAPI
from apps.runs.domain import read_wanted
from apps.runs.services import Verb

_WORDS = "of the DAGs that you may change. A call does a few thousand; `next` says that there may be more. A filter is needed."


class _MatchingView(TaskAPI):
    actions: ClassVar = {"POST": Action.RUNS_ACT}
    verb: ClassVar[Verb]

    def act(self, request: Request) -> Response:
        body = shapes.MatchingSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        said = dict(body.validated_data)
        cursor = said.pop("cursor", None)
        wanted = read_wanted({name: str(value) for name, value in said.items()})
        seen = self.seen(request, Level.CHANGE)
        done = services.act_on_matching(self.verb, self.org, wanted, seen, by=self.by, cursor=cursor)
        return Response({"count": done.count, "next": done.next})


class CancelMatchingView(_MatchingView):
    verb = Verb.CANCEL

    @extend_schema(
        operation_id="cancel_tasks", request=shapes.MatchingSerializer, responses=shapes.BittenSerializer,
        description=f"Cancel every task that matches and is not over, {_WORDS}",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return self.act(request)


class RetryMatchingView(_MatchingView):
    verb = Verb.RETRY

    @extend_schema(
        operation_id="retry_tasks", request=shapes.MatchingSerializer, responses=shapes.BittenSerializer,
        description=f"Queue every task again that matches and has failed, {_WORDS}",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return self.act(request)
