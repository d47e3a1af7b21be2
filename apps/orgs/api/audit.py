from __future__ import annotations

import json
from typing import ClassVar

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.audit import selectors as audit
from apps.audit.models import Record
from apps.orgs import selectors
from apps.orgs.guarded_api import PAGING, GuardedAPI, OrgAPI, page_of
from apps.orgs.policy import Action

_FILTERS = [OpenApiParameter(name, str) for name in audit.FILTERS]
_FILTERS_OF_ALL = [OpenApiParameter("org", str, description="The slug of one org."), *_FILTERS]


class RecordSerializer(serializers.ModelSerializer[Record]):
    class Meta:
        model = Record
        exclude = ("org_id",)


class RecordPageSerializer(serializers.Serializer[object]):
    results = RecordSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class PlatformRecordSerializer(serializers.ModelSerializer[Record]):
    org = serializers.CharField(source="org_slug", allow_null=True, read_only=True)

    class Meta:
        model = Record
        fields = "__all__"


class PlatformRecordPageSerializer(serializers.Serializer[object]):
    results = PlatformRecordSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class AuditView(OrgAPI):
    actions: ClassVar = {"GET": Action.AUDIT_VIEW}
    reaches_every_org = True

    @extend_schema(
        operation_id="list_audit",
        description="The audit log of the org, newest first.",
        responses=RecordPageSerializer,
        parameters=[*PAGING, *_FILTERS],
    )
    def get(self, request: Request, slug: str) -> Response:
        records, more = page_of(audit.records_of(self.org.pk, filters=request.query_params), request, descending=True)
        return Response(RecordPageSerializer({"results": records, "next": more}).data)


class AuditExportView(OrgAPI):
    actions: ClassVar = {"GET": Action.AUDIT_VIEW}
    reaches_every_org = True

    @extend_schema(
        operation_id="export_audit",
        description="Every line of the org's audit log that the filters match, one JSON object per line, however many there are.",
        responses={(200, "application/jsonl"): OpenApiTypes.STR},
        parameters=_FILTERS,
    )
    def get(self, request: Request, slug: str) -> StreamingHttpResponse:
        records = audit.records_of(self.org.pk, filters=request.query_params)
        return _exported(records, RecordSerializer, name=f"audit-{self.org.slug}")


class PlatformAuditView(GuardedAPI):
    actions: ClassVar = {"GET": Action.PLATFORM_AUDIT}

    @extend_schema(
        operation_id="list_platform_audit",
        description="The audit log of every org and of what belongs to none, newest first, for platform staff.",
        responses=PlatformRecordPageSerializer,
        parameters=[*PAGING, *_FILTERS_OF_ALL],
    )
    def get(self, request: Request) -> Response:
        found = selectors.platform_records(filters=request.query_params)
        records, more = page_of(found, request, descending=True)
        return Response(PlatformRecordPageSerializer({"results": records, "next": more}).data)


class PlatformAuditExportView(GuardedAPI):
    actions: ClassVar = {"GET": Action.PLATFORM_AUDIT}

    @extend_schema(
        operation_id="export_platform_audit",
        description="Every line of the platform's audit log that the filters match, one JSON object per line.",
        responses={(200, "application/jsonl"): OpenApiTypes.STR},
        parameters=_FILTERS_OF_ALL,
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        return _exported(selectors.platform_records(filters=request.query_params), PlatformRecordSerializer, name="audit")


def _exported(
    records: QuerySet[Record], serializer: type[serializers.ModelSerializer[Record]], *, name: str
) -> StreamingHttpResponse:
    """One JSON object per line."""
    lines = (json.dumps(serializer(record).data) + "\n" for record in records.iterator(chunk_size=500))
    headers = {"Content-Disposition": f'attachment; filename="{name}.jsonl"'}
    return StreamingHttpResponse(lines, content_type="application/jsonl", headers=headers)
