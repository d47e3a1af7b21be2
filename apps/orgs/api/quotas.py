from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs import quotas, services
from apps.orgs.guarded_api import OrgAPI
from apps.orgs.policy import Action


class StandingSerializer(serializers.Serializer[object]):
    """`used` is null while who counts is not answering."""

    quota = serializers.CharField()
    limit = serializers.IntegerField()
    used = serializers.IntegerField(allow_null=True)


class LimitSerializer(serializers.Serializer[object]):
    limit = serializers.IntegerField()


class QuotasView(OrgAPI):
    actions: ClassVar = {"GET": Action.QUOTAS_VIEW}
    reaches_every_org = True

    @extend_schema(
        operation_id="list_quotas",
        description="How much the org may have of each thing, and has.",
        responses=StandingSerializer(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        return Response(StandingSerializer(quotas.standings(self.org), many=True).data)


class QuotaView(OrgAPI):
    """Changed by platform staff, in any org."""

    actions: ClassVar = {"PUT": Action.PLATFORM_QUOTAS}
    reaches_every_org = True

    @extend_schema(
        operation_id="change_quota",
        description="Change a limit, as platform staff, in any org. One below what is used takes nothing away and refuses what comes next.",
        request=LimitSerializer,
        responses={204: None},
    )
    def put(self, request: Request, slug: str, quota: str) -> Response:
        body = LimitSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        services.change_quota(self.org, quota=quota, limit=body.validated_data["limit"], by=self.by)
        return Response(status=204)
