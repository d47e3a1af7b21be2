from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs.guarded_api import PAGING, OrgAPI, page_of
from apps.orgs.policy import Action
from apps.pii import selectors, services
from apps.pii.domain import LONGEST_TEXT, Handling, Kind, Mask, marking
from apps.pii.models import ColumnClassification

_DATASET = OpenApiParameter("dataset", str, description="Only the columns of this dataset.")


class ClassificationSerializer(serializers.Serializer[ColumnClassification]):
    """`mask` is null where a query is refused."""

    dataset = serializers.CharField()
    column = serializers.CharField()
    kind = serializers.ChoiceField([kind.value for kind in Kind])
    handling = serializers.ChoiceField([handling.value for handling in Handling])
    mask = serializers.SerializerMethodField()
    note = serializers.CharField()
    classified_by = serializers.CharField(source="classified_by.email", default=None, allow_null=True)
    classified_at = serializers.DateTimeField()

    def get_mask(self, row: ColumnClassification) -> str | None:
        return row.mask or None


class ClassificationPageSerializer(serializers.Serializer[object]):
    results = ClassificationSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class MarkingSerializer(serializers.Serializer[object]):
    kind = serializers.ChoiceField([kind.value for kind in Kind])
    handling = serializers.ChoiceField([handling.value for handling in Handling])
    mask = serializers.ChoiceField([mask.value for mask in Mask], default=None, allow_null=True)
    note = serializers.CharField(max_length=LONGEST_TEXT, default="", allow_blank=True)


class ClassificationsView(OrgAPI):
    actions: ClassVar = {"GET": Action.PII_VIEW}

    @extend_schema(
        operation_id="list_pii_classifications",
        description="The columns that are classified as personal data.",
        responses=ClassificationPageSerializer,
        parameters=[*PAGING, _DATASET],
    )
    def get(self, request: Request, slug: str) -> Response:
        rows = selectors.classifications_of(self.org, dataset=request.query_params.get("dataset", ""))
        found, more = page_of(rows, request)
        return Response(ClassificationPageSerializer({"results": found, "next": more}).data)


class ClassificationView(OrgAPI):
    actions: ClassVar = {"PUT": Action.PII_CLASSIFY, "DELETE": Action.PII_CLASSIFY}

    @extend_schema(
        operation_id="classify_pii",
        description="Classify a column, or change how it is classified. From then on it is closed to whoever has no grant.",
        request=MarkingSerializer,
        responses=ClassificationSerializer,
    )
    def put(self, request: Request, slug: str, dataset: str, column: str) -> Response:
        body = MarkingSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        mark, now = marking(**body.validated_data), timezone.now()
        row = selectors.find_classification(self.org, dataset, column)
        if row:
            row = services.reclassify(row, mark, by=self.by, now=now)
        else:
            row = services.classify(self.org, dataset, column, mark, by=self.by, now=now)
        return Response(ClassificationSerializer(row).data)

    @extend_schema(
        operation_id="declassify_pii", description="Open a column to everybody who may read its dataset.", responses={204: None}
    )
    def delete(self, request: Request, slug: str, dataset: str, column: str) -> Response:
        services.declassify(selectors.get_classification(self.org, dataset, column), by=self.by)
        return Response(status=204)
