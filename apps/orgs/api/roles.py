from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs import selectors, services
from apps.orgs.guarded_api import OrgAPI
from apps.orgs.policy import Action


class RoleSerializer(serializers.Serializer[object]):
    slug = serializers.CharField()
    name = serializers.CharField()
    is_system = serializers.BooleanField()


class NewRoleSerializer(serializers.Serializer[object]):
    slug = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=80, default="")


class RolesView(OrgAPI):
    actions: ClassVar = {"GET": Action.MEMBERS_VIEW, "POST": Action.ROLES_CHANGE}

    @extend_schema(
        operation_id="list_roles",
        description="The system roles admin, writer and reader, and those of the org's own.",
        responses=RoleSerializer(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        return Response(RoleSerializer(selectors.roles_of(self.org), many=True).data)

    @extend_schema(
        operation_id="create_role",
        description="Make a role of the org's own: it carries no right until something is granted to it.",
        request=NewRoleSerializer,
        responses={201: RoleSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        body = NewRoleSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        role = services.create_role(self.org, **body.validated_data, by=self.by)
        return Response(RoleSerializer(role).data, status=201)


class RoleView(OrgAPI):
    actions: ClassVar = {"DELETE": Action.ROLES_CHANGE}

    @extend_schema(
        operation_id="delete_role",
        description="Delete a role of the org's own, with what was granted to it.",
        responses={204: None},
    )
    def delete(self, request: Request, slug: str, role: str) -> Response:
        services.delete_role(selectors.get_role(self.org, role), by=self.by)
        return Response(status=204)
