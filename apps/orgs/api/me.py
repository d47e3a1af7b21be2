from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import services
from apps.accounts.authentication import signed_in
from apps.accounts.domain import Theme
from apps.accounts.models import Person
from apps.orgs import selectors
from apps.orgs.guarded_api import GuardedAPI, asked_org
from apps.orgs.models import ApiToken
from apps.orgs.policy import Action
from apps.orgs.word_fields import RoleField
from apps.platform.errors import BadInput


class MembershipSerializer(serializers.Serializer[object]):
    slug = serializers.CharField(source="org.slug")
    name = serializers.CharField(source="org.name")
    role = RoleField(source="role.slug")
    own_roles = serializers.ListField(child=serializers.CharField(), source="own_role_slugs")


class PreferencesSerializer(serializers.Serializer[object]):
    theme = serializers.ChoiceField([theme.value for theme in Theme], required=False)
    letter_keys = serializers.BooleanField(required=False)


class MeSerializer(serializers.Serializer[object]):
    email = serializers.CharField()
    name = serializers.CharField()
    is_platform_staff = serializers.BooleanField()
    org = serializers.CharField(
        allow_null=True, help_text="What a call is about whose address names no org: by `Trace-Org`, or the only one there is."
    )
    preferences = PreferencesSerializer()
    orgs = MembershipSerializer(many=True)


class MeChangeSerializer(serializers.Serializer[object]):
    """What is left out stays. The e-mail cannot be changed: it is how the orgs know who somebody is."""

    name = serializers.CharField(required=False)
    preferences = PreferencesSerializer(required=False)


class MeView(GuardedAPI):
    """Who the caller is, and the orgs this session or token reaches."""

    actions: ClassVar = {"GET": Action.SELF_VIEW, "PATCH": Action.SELF_CHANGE}

    @extend_schema(
        responses=MeSerializer,
        operation_id="me",
        description="Who the caller is, and the orgs that this session or token reaches.",
    )
    def get(self, request: Request) -> Response:
        return _answer(request, signed_in(request))

    @extend_schema(
        request=MeChangeSerializer,
        responses=MeSerializer,
        operation_id="change_me",
        description="Change your own name and preferences. What is left out stays.",
    )
    def patch(self, request: Request) -> Response:
        body = MeChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = {**body.validated_data, **body.validated_data.get("preferences", {})}
        given.pop("preferences", None)
        return _answer(request, services.change_person(signed_in(request), **given, by=self.by))


def _answer(request: Request, person: Person) -> Response:
    memberships = selectors.memberships_of(person).prefetch_related("own_roles")
    if isinstance(request.auth, ApiToken):
        memberships = memberships.filter(pk=request.auth.membership_id)
    preferences = {"theme": person.theme or Theme.SYSTEM, "letter_keys": person.letter_keys}
    data = {
        "email": person.email, "name": person.name, "is_platform_staff": person.is_platform_staff,
        "org": _org_meant(request), "preferences": preferences, "orgs": memberships,
    }  # fmt: skip
    return Response(MeSerializer(data).data)


def _org_meant(request: Request) -> str | None:
    """A header that is wrong is refused here as everywhere; without one the answer may be that nobody can know."""
    try:
        return asked_org(request).slug
    except BadInput:
        return None
