"""The internal plane's calls about buffered datasets: of lease holders that hand batches over, and of the sinks that write them."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.datasets.stores import scratch_store
from apps.dispatch import services
from apps.dispatch.api.calls import answer, holder, read
from apps.dispatch.api.tasks import HolderView
from apps.dispatch.authentication import IsWorker
from apps.orgs.policy import Action
from apps.platform.contracts import buffers as contracts
from apps.platform.contracts.buffers import BatchEnding
from apps.tables import selectors as tables
from apps.tables import services as batches
from apps.tables.domain import LINK

_ENDS = {
    BatchEnding.WRITTEN: batches.mark_written,
    BatchEnding.REJECTED: batches.mark_rejected,
    BatchEnding.DRIFTED: batches.mark_drifted,
    BatchEnding.FAILED: batches.put_back,
}


class BufferPublishView(HolderView):
    @extend_schema(operation_id="buffer_publish", request=contracts.BufferPublish, responses={200: contracts.BufferPublished})
    def post(self, request: Request) -> Response:
        said = read(request, contracts.BufferPublish)
        holder(request, said, now=timezone.now())
        return answer(services.hand_over_batch(said, bucket=settings.CONFIG.scratch_bucket))


class BuffersView(APIView):
    actions: ClassVar = {"GET": Action.WORKER_REPORT}
    authentication_classes = ()
    permission_classes = (IsWorker,)

    @extend_schema(operation_id="buffers", responses={200: contracts.Buffers})
    def get(self, request: Request) -> Response:
        return answer(contracts.Buffers(dataset_ids=tables.ready_datasets()))


class BatchClaimView(APIView):
    actions: ClassVar = {"POST": Action.WORKER_REPORT}
    authentication_classes = ()
    permission_classes = (IsWorker,)

    @extend_schema(operation_id="batch_claim", request=contracts.BatchClaimRequest, responses={200: contracts.BatchClaimAnswer})
    def post(self, request: Request) -> Response:
        asked = read(request, contracts.BatchClaimRequest)
        return answer(contracts.BatchClaimAnswer(result=batches.claim(asked.batch_id, link=_link, now=timezone.now())))


class BatchEndView(APIView):
    actions: ClassVar = {"POST": Action.WORKER_REPORT}
    authentication_classes = ()
    permission_classes = (IsWorker,)

    @extend_schema(operation_id="batch_end", request=contracts.BatchEnd, responses={200: contracts.BatchEndAnswer})
    def post(self, request: Request) -> Response:
        said = read(request, contracts.BatchEnd)
        state = _ENDS[said.ending](said, now=timezone.now())
        return answer(contracts.BatchEndAnswer(batch_id=said.batch_id, state=state))


def _link(uri: str) -> str:
    return scratch_store().presign_get(uri.removeprefix(f"s3://{settings.CONFIG.scratch_bucket}/"), expires=LINK)
