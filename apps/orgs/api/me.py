from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.authentication import signed_in
from apps.orgs import selectors
from apps.orgs.api.base import GuardedAPI, asked_org
from apps.orgs.models import ApiToken
from apps.orgs.policy import Action
from apps.platform.errors import BadInput


class MembershipSerializer(serializers.Serializer[object]):
    slug = serializers.CharField(source="org.slug")
    name = serializers.CharField(source="org.name")
    role = serializers.CharField(source="role.slug")
    own_roles = serializers.ListField(child=serializers.CharField(), source="own_role_slugs")


class MeSerializer(serializers.Serializer[object]):
    email = serializers.CharField()
    name = serializers.CharField()
    is_platform_staff = serializers.BooleanField()
    org = serializers.CharField(
        allow_null=True, help_text="What a call is about whose address names no org: by `Trace-Org`, or the only one there is."
    )
    orgs = MembershipSerializer(many=True)


class MeView(GuardedAPI):
    """Who the caller is, and the orgs this session or token reaches."""

    actions: ClassVar = {"GET": Action.SELF_VIEW}

    @extend_schema(responses=MeSerializer, operation_id="me")
    def get(self, request: Request) -> Response:
        person = signed_in(request)
        memberships = selectors.memberships_of(person).prefetch_related("own_roles")
        if isinstance(request.auth, ApiToken):
            memberships = memberships.filter(pk=request.auth.membership_id)
        data = {
            "email": person.email, "name": person.name, "is_platform_staff": person.is_platform_staff,
            "org": _org_meant(request), "orgs": memberships,
        }  # fmt: skip
        return Response(MeSerializer(data).data)


def _org_meant(request: Request) -> str | None:
    """A header that is wrong is refused here as everywhere; without one the answer may be that nobody can know."""
    try:
        return asked_org(request).slug
    except BadInput:
        return None
