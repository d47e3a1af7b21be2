from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.accounts.authentication import signed_in
from apps.orgs import selectors
from apps.orgs.models import ApiToken


class MembershipSerializer(serializers.Serializer[object]):
    slug = serializers.CharField(source="org.slug")
    name = serializers.CharField(source="org.name")
    role = serializers.CharField(source="role.slug")


class MeSerializer(serializers.Serializer[object]):
    email = serializers.CharField()
    name = serializers.CharField()
    is_platform_staff = serializers.BooleanField()
    orgs = MembershipSerializer(many=True)


class MeView(APIView):
    """Who the caller is, and the orgs this session or token reaches."""

    @extend_schema(responses=MeSerializer, operation_id="me")
    def get(self, request: Request) -> Response:
        person = signed_in(request)
        memberships = selectors.memberships_of(person)
        if isinstance(request.auth, ApiToken):
            memberships = memberships.filter(pk=request.auth.membership_id)
        data = {"email": person.email, "name": person.name, "is_platform_staff": person.is_platform_staff, "orgs": memberships}
        return Response(MeSerializer(data).data)
