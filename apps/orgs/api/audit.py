from __future__ import annotations

import json
from collections.abc import Iterator
from typing import ClassVar

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit import selectors
from apps.audit.models import Record
from apps.orgs.api.base import PAGING, OrgAPI, page_of
from apps.orgs.policy import Action

_FILTERS = [OpenApiParameter(name, str) for name in selectors.FILTERS]


class RecordSerializer(serializers.ModelSerializer[Record]):
    class Meta:
        model = Record
        exclude = ("org_id",)


class RecordPageSerializer(serializers.Serializer[object]):
    results = RecordSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class AuditView(OrgAPI):
    actions: ClassVar = {"GET": Action.AUDIT_VIEW}

    @extend_schema(operation_id="list_audit", responses=RecordPageSerializer, parameters=[*PAGING, *_FILTERS])
    def get(self, request: Request, slug: str) -> Response:
        records, more = page_of(selectors.records_of(self.org.pk, filters=request.query_params), request, descending=True)
        return Response(RecordPageSerializer({"results": records, "next": more}).data)


class AuditExportView(OrgAPI):
    """Everything the filters match, one JSON object per line, however many there are."""

    actions: ClassVar = {"GET": Action.AUDIT_VIEW}

    @extend_schema(operation_id="export_audit", responses={(200, "application/jsonl"): OpenApiTypes.STR}, parameters=_FILTERS)
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        records = selectors.records_of(self.org.pk, filters=request.query_params)
        headers = {"Content-Disposition": f'attachment; filename="audit-{self.org.slug}.jsonl"'}
        return StreamingHttpResponse(_lines(records), content_type="application/jsonl", headers=headers)


def _lines(records: QuerySet[Record]) -> Iterator[str]:
    for record in records.iterator(chunk_size=500):
        yield json.dumps(RecordSerializer(record).data) + "\n"
