"""The internal plane's calls of workers."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.dispatch import services
from apps.dispatch.api.calls import answer, read
from apps.dispatch.authentication import IsWorker
from apps.dispatch.signing import signer
from apps.orgs.policy import Action
from apps.platform import contracts
from apps.platform.errors import BadInput


class ProbeReceiptSerializer(serializers.Serializer[object]):
    probe_id = serializers.UUIDField()
    worker_id = serializers.RegexField(r"^[\w.:@-]{1,120}$")
    worker_kind = serializers.RegexField(r"^[a-z_]{1,40}$")


class ProbeReceiptView(APIView):
    actions: ClassVar = {"POST": Action.WORKER_REPORT}
    authentication_classes = ()
    permission_classes = (IsWorker,)

    @extend_schema(operation_id="probe_receipt", request=ProbeReceiptSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        body = ProbeReceiptSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        receipt = body.validated_data
        services.record_probe_receipt(receipt["probe_id"], worker_id=receipt["worker_id"], worker_kind=receipt["worker_kind"])
        return Response(status=204)


class JwksView(APIView):
    """The public halves of the keys that sign capability tokens and tickets; there is nothing to protect in them."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="jwks", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        # Half the time for which a new key is published before it signs.
        return Response(signer().jwks(), headers={"Cache-Control": "public, max-age=300"})


class ClaimView(APIView):
    actions: ClassVar = {"POST": Action.WORKER_REPORT}
    authentication_classes = ()
    permission_classes = (IsWorker,)

    @extend_schema(operation_id="task_claim", request=contracts.ClaimRequest, responses={200: contracts.Claimed})
    def post(self, request: Request) -> Response:
        asked = read(request, contracts.ClaimRequest)
        claimed = services.claim([asked.task_id], worker_id=asked.worker_id, now=timezone.now())
        return answer(claimed.results[0])


class ClaimsView(APIView):
    actions: ClassVar = {"POST": Action.WORKER_REPORT}
    authentication_classes = ()
    permission_classes = (IsWorker,)

    @extend_schema(operation_id="task_claims", request=contracts.ClaimsRequest, responses={200: contracts.ClaimsAnswer})
    def post(self, request: Request) -> Response:
        asked = read(request, contracts.ClaimsRequest)
        return answer(services.claim(asked.task_ids, worker_id=asked.worker_id, now=timezone.now()))


class FetchView(APIView):
    actions: ClassVar = {"GET": Action.WORKER_REPORT}
    authentication_classes = ()
    permission_classes = (IsWorker,)

    @extend_schema(
        operation_id="task_fetch",
        parameters=[OpenApiParameter("task_id", OpenApiTypes.UUID, required=True)],
        responses={200: contracts.TaskLook},
    )
    def get(self, request: Request) -> Response:
        try:
            task_id = UUID(request.query_params.get("task_id", ""))
        except ValueError:
            raise BadInput("`task_id` is the id of a task.", code="bad_id") from None
        return answer(services.look_at(task_id))
