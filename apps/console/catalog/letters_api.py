from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast
from uuid import UUID

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.console.catalog import letters, one
from apps.datasets.models import Dataset
from apps.orgs import policy
from apps.orgs.domain import Level
from apps.orgs.guarded_api import PAGING, HeaderOrgAPI, page_of, principal_of
from apps.orgs.policy import Action
from apps.tables import selectors, services
from apps.tables.domain import LINES


class FaultSerializer(serializers.Serializer[object]):
    row = serializers.IntegerField(help_text="From 1; 0 for the batch as a whole.")
    column = serializers.CharField(allow_blank=True)
    reason = serializers.CharField()


class DeadLetterSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    state = serializers.CharField()
    task = serializers.UUIDField()
    attempt = serializers.IntegerField()
    output = serializers.IntegerField()
    content_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    received_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    fault_count = serializers.IntegerField(help_text="All of them; `faults` has the first 20.")
    faults = FaultSerializer(many=True)
    in_place_of = serializers.UUIDField(allow_null=True, help_text="The dead letter in whose place it is.")


class WholeDeadLetterSerializer(DeadLetterSerializer):
    first_rows = serializers.ListField(
        child=serializers.CharField(), help_text="Of JSON Lines; empty where they hold personal data."
    )
    why_no_rows = serializers.CharField(allow_blank=True, help_text="Where they cannot be read.")


class DeadLetterPageSerializer(serializers.Serializer[object]):
    results = DeadLetterSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class LinkSerializer(serializers.Serializer[object]):
    url = serializers.URLField(help_text="Good for 5 minutes.")


class OfDataset(HeaderOrgAPI):
    """What is wrong with rows is for those who may change the dataset, whoever else may read it."""

    def _reached(self, request: Request, name: str) -> tuple[Dataset, set[str]]:
        dataset, who, now = one.get_dataset(self.org, name), principal_of(request), timezone.now()
        policy.require_reach(who, Level.CHANGE if request.method == "POST" else Level.VIEW, dataset, now=now)
        return dataset, letters.closed_columns(dataset, who, now=now)


class DeadLettersView(OfDataset):
    actions: ClassVar = {"GET": Action.DATASETS_CHANGE}

    @extend_schema(
        operation_id="list_dead_letters", parameters=PAGING, responses=DeadLetterPageSerializer,
        description="Batches of a buffered dataset of which no row was written, the newest first, and why.",
    )  # fmt: skip
    def get(self, request: Request, dataset_name: str) -> Response:
        dataset, closed = self._reached(request, dataset_name)
        found, more = page_of(selectors.dead_letters_of(dataset), request, descending=True)
        return Response({"results": [letters.told(batch, closed) for batch in found], "next": more})


class DeadLetterView(OfDataset):
    actions: ClassVar = {"GET": Action.DATASETS_CHANGE}

    @extend_schema(operation_id="get_dead_letter", responses=WholeDeadLetterSerializer)
    def get(self, request: Request, dataset_name: str, batch_id: UUID) -> Response:
        dataset, closed = self._reached(request, dataset_name)
        return Response(letters.whole(selectors.get_batch(dataset, batch_id), closed))


class DeadLetterLinkView(OfDataset):
    actions: ClassVar = {"GET": Action.DATASETS_CHANGE}

    @extend_schema(operation_id="get_dead_letter_link", responses=LinkSerializer, description="Where all its rows can be read.")
    def get(self, request: Request, dataset_name: str, batch_id: UUID) -> Response:
        dataset, closed = self._reached(request, dataset_name)
        return Response({"url": letters.link_of(selectors.get_batch(dataset, batch_id), closed)})


class ReplayView(OfDataset):
    actions: ClassVar = {"POST": Action.DATASETS_CHANGE}

    @extend_schema(
        operation_id="replay_dead_letter", request=None, responses={202: DeadLetterSerializer},
        description="Tries it again as it is, held to the schema of today.",
    )  # fmt: skip
    def post(self, request: Request, dataset_name: str, batch_id: UUID) -> Response:
        dataset, closed = self._reached(request, dataset_name)
        batch = services.replay(batch_id, dataset.pk, by=self.by, now=timezone.now())
        return Response(letters.told(batch, closed), status=202)


class LinesParser(BaseParser):
    """As they come: a row is looked at by the sink, and by nobody before it."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        # Not the stream: the limit of a body is held there alone.
        return stream.body


class RepairView(OfDataset):
    actions: ClassVar = {"POST": Action.DATASETS_CHANGE}
    parser_classes = (LinesParser,)

    @extend_schema(
        operation_id="repair_dead_letter", request={LINES: OpenApiTypes.BINARY}, responses={202: DeadLetterSerializer},
        description="Its rows put right, as JSON Lines: a new batch in its place, with the same producer.",
    )  # fmt: skip
    def post(self, request: Request, dataset_name: str, batch_id: UUID) -> Response:
        dataset, closed = self._reached(request, dataset_name)
        batch = services.repair(
            batch_id, dataset.pk, cast("bytes", request.data or b""), keep=letters.keep, by=self.by, now=timezone.now()
        )
        return Response(letters.told(batch, closed), status=202)
