from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs import selectors, services
from apps.orgs.domain import HostPurpose
from apps.orgs.guarded_api import PAGING, OrgAPI, page_of
from apps.orgs.models import ApprovedHost
from apps.orgs.policy import Action
from apps.orgs.word_fields import HostPurposeField
from apps.platform.errors import Invalid

_PURPOSE = OpenApiParameter("purpose", str, enum=[purpose.value for purpose in HostPurpose], description="Without a word, feed.")


class HostSerializer(serializers.Serializer[ApprovedHost]):
    host = serializers.CharField()
    purpose = HostPurposeField()
    approved_by = serializers.EmailField(source="approved_by.email", default=None, allow_null=True)
    approved_at = serializers.DateTimeField()


class HostPageSerializer(serializers.Serializer[object]):
    results = HostSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class ApprovalSerializer(serializers.Serializer[object]):
    purpose = HostPurposeField(default=HostPurpose.FEED.value, help_text="What the host is approved for.")


class HostsView(OrgAPI):
    actions: ClassVar = {"GET": Action.HOSTS_VIEW}

    @extend_schema(
        operation_id="list_hosts",
        description="The hosts outside of Trace that feeds may come from, or webhooks go to.",
        responses=HostPageSerializer,
        parameters=PAGING,
    )
    def get(self, request: Request, slug: str) -> Response:
        hosts, more = page_of(selectors.hosts_of(self.org), request)
        return Response(HostPageSerializer({"results": hosts, "next": more}).data)


class HostView(OrgAPI):
    actions: ClassVar = {"PUT": Action.HOSTS_CHANGE, "DELETE": Action.HOSTS_CHANGE}

    @extend_schema(
        operation_id="approve_host",
        description="Let feeds come from the host, or webhooks go to it. `host` is a name, with :port where that is not 443.",
        request=ApprovalSerializer,
        responses=HostSerializer,
    )
    def put(self, request: Request, slug: str, host: str) -> Response:
        body = ApprovalSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        approved = services.approve_host(self.org, host=host, **body.validated_data, by=self.by, now=timezone.now())
        return Response(HostSerializer(approved).data)

    @extend_schema(
        operation_id="withdraw_host",
        description="The next fetch from the host, or delivery to it, is refused.",
        parameters=[_PURPOSE],
        responses={204: None},
    )
    def delete(self, request: Request, slug: str, host: str) -> Response:
        said = request.query_params.get("purpose", HostPurpose.FEED.value)
        if said not in set(HostPurpose):
            raise Invalid(f"A host is approved for {' or '.join(HostPurpose)}.", code="bad_purpose")
        services.withdraw_host(selectors.get_host(self.org, host, HostPurpose(said)), by=self.by)
        return Response(status=204)
