from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.authentication import signed_in
from apps.audit.selectors import given
from apps.orgs import selectors, services
from apps.orgs.guarded_api import PAGING, GuardedAPI, OrgAPI, page_of, principal_of
from apps.orgs.policy import Action


class OrgSerializer(serializers.Serializer[object]):
    slug = serializers.CharField()
    name = serializers.CharField()
    created_at = serializers.DateTimeField()


class OrgPageSerializer(serializers.Serializer[object]):
    results = OrgSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class NewOrgSerializer(serializers.Serializer[object]):
    slug = serializers.CharField(max_length=60)
    name = serializers.CharField(max_length=200)
    admin_email = serializers.CharField(
        max_length=254, required=False, help_text="Of the first admin, invited if nobody here has it. Without it: the caller."
    )


class RenameSerializer(serializers.Serializer[object]):
    name = serializers.CharField(max_length=200)


class OrgsView(GuardedAPI):
    """The orgs one belongs to. Platform staff make new ones."""

    actions: ClassVar = {"GET": Action.SELF_VIEW, "POST": Action.PLATFORM_ORGS}

    @extend_schema(
        operation_id="list_orgs",
        description="The orgs that you belong to; of a token, its own. Platform staff find all of them at `/v1/platform/orgs`.",
        responses=OrgSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        return Response(OrgSerializer(selectors.orgs_of(principal_of(request)), many=True).data)

    @extend_schema(
        operation_id="create_org",
        description="Make an org, as platform staff. A token stays bound to the org that it was made for: to act within the new one, make a token there.",
        request=NewOrgSerializer,
        responses={201: OrgSerializer},
    )
    def post(self, request: Request) -> Response:
        body = NewOrgSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked = {"admin_email": signed_in(request).email, **body.validated_data}
        org = services.create_org(**asked, by=self.by, now=timezone.now())
        return Response(OrgSerializer(org).data, status=201)


class EveryOrgView(GuardedAPI):
    actions: ClassVar = {"GET": Action.PLATFORM_ORGS}

    @extend_schema(
        operation_id="list_platform_orgs", description="Every org, for platform staff.",
        responses=OrgPageSerializer, parameters=[*PAGING, OpenApiParameter("search", str, description="Part of a slug or a name.")],
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        orgs, more = page_of(selectors.all_orgs(search=given(request.query_params, "search")), request)
        return Response(OrgPageSerializer({"results": orgs, "next": more}).data)


class OrgView(OrgAPI):
    actions: ClassVar = {"GET": Action.ORG_VIEW, "PATCH": Action.ORG_CHANGE}
    reaches_every_org = True

    @extend_schema(operation_id="get_org", description="One org.", responses=OrgSerializer)
    def get(self, request: Request, slug: str) -> Response:
        return Response(OrgSerializer(self.org).data)

    @extend_schema(
        operation_id="rename_org",
        description="Change the name; the slug stays for good.",
        request=RenameSerializer,
        responses=OrgSerializer,
    )
    def patch(self, request: Request, slug: str) -> Response:
        body = RenameSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(OrgSerializer(services.rename_org(self.org, name=body.validated_data["name"], by=self.by)).data)
