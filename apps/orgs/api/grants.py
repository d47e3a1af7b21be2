from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs import selectors, services
from apps.orgs.guarded_api import PAGING, OrgAPI, id_if_named, merged_page_of
from apps.orgs.policy import Action
from apps.orgs.sharing import ObjectGrant
from apps.orgs.word_fields import LevelField


class GrantSerializer(serializers.Serializer[ObjectGrant]):
    id = serializers.UUIDField()
    kind = serializers.CharField(source="kind.key")
    object = serializers.UUIDField(source="content_object_id")
    name = serializers.CharField(source="content_object")
    to = serializers.SerializerMethodField()
    level = LevelField()
    purpose = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)

    def get_to(self, given: ObjectGrant) -> dict[str, str]:
        return dict([given.grantee_words])


class GrantPageSerializer(serializers.Serializer[object]):
    results = GrantSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class NewGrantSerializer(serializers.Serializer[object]):
    kind = serializers.CharField(help_text="Of what is shared.")
    object = serializers.UUIDField()
    to = serializers.DictField(
        child=serializers.CharField(max_length=254), help_text="One of person (e-mail), role, org (slugs)."
    )
    level = LevelField()
    purpose = serializers.CharField(max_length=600)
    expires_at = serializers.DateTimeField(allow_null=True, default=None)


class GrantsView(OrgAPI):
    actions: ClassVar = {"GET": Action.GRANTS_VIEW, "POST": Action.GRANTS_CHANGE}

    @extend_schema(
        operation_id="list_grants", description="Living grants on things of this org.", responses=GrantPageSerializer,
        parameters=[*PAGING, OpenApiParameter("kind", str), OpenApiParameter("object", UUID)],
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        kind = request.query_params.get("kind", "")
        thing_id = id_if_named(request, "object")
        given, more = merged_page_of(selectors.grants_of(self.org, kind=kind, thing_id=thing_id, now=timezone.now()), request)
        return Response(GrantPageSerializer({"results": given, "next": more}).data)

    @extend_schema(
        operation_id="grant",
        description="Grant one thing to a member, a role, or another org. Granting again replaces.",
        request=NewGrantSerializer,
        responses={201: GrantSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        body = NewGrantSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked: dict[str, Any] = dict(body.validated_data)
        thing = selectors.get_thing(self.org, kind=asked.pop("kind"), thing_id=asked.pop("object"))
        return Response(GrantSerializer(services.grant(thing, **asked, by=self.by, now=timezone.now())).data, status=201)


class GrantView(OrgAPI):
    actions: ClassVar = {"DELETE": Action.GRANTS_CHANGE}

    @extend_schema(operation_id="revoke_grant", description="End a grant at once.", responses={204: None})
    def delete(self, request: Request, slug: str, grant_id: UUID) -> Response:
        services.revoke_grant(selectors.get_grant(self.org, grant_id), by=self.by, now=timezone.now())
        return Response(status=204)
