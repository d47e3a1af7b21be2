from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs import selectors, services
from apps.orgs.guarded_api import PAGING, OrgAPI, page_of
from apps.orgs.models import Invitation, Membership
from apps.orgs.policy import Action
from apps.orgs.word_fields import RoleField


class MemberSerializer(serializers.Serializer[Membership]):
    id = serializers.UUIDField(source="person.pk")
    email = serializers.CharField(source="person.email")
    name = serializers.CharField(source="person.name")
    role = RoleField(source="role.slug")
    own_roles = serializers.ListField(child=serializers.CharField(), source="own_role_slugs")
    since = serializers.DateTimeField(source="created_at")


class MemberPageSerializer(serializers.Serializer[object]):
    results = MemberSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class MemberChangeSerializer(serializers.Serializer[object]):
    """What is left out stays."""

    role = RoleField(required=False)
    own_roles = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=100, required=False,
        help_text="All that the member holds afterwards: an empty list takes the last one away.",
    )  # fmt: skip


class MembersView(OrgAPI):
    actions: ClassVar = {"GET": Action.MEMBERS_VIEW}

    @extend_schema(
        operation_id="list_members",
        description="The members, with their roles.",
        responses=MemberPageSerializer,
        parameters=PAGING,
    )
    def get(self, request: Request, slug: str) -> Response:
        members, more = page_of(selectors.members_of(self.org), request)
        return Response(MemberPageSerializer({"results": members, "next": more}).data)


class MemberView(OrgAPI):
    actions: ClassVar = {"PUT": Action.MEMBERS_CHANGE, "DELETE": Action.MEMBERS_CHANGE}

    @extend_schema(
        operation_id="change_member",
        description="Change a member's role or own roles. What is left out stays.",
        request=MemberChangeSerializer,
        responses=MemberSerializer,
    )
    def put(self, request: Request, slug: str, person_id: UUID) -> Response:
        body = MemberChangeSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        member = selectors.get_member(self.org, person_id)
        changed = services.change_member(member, **body.validated_data, by=self.by)
        return Response(MemberSerializer(changed).data)

    @extend_schema(
        operation_id="remove_member",
        description="Remove a member. Their tokens and grants in the org end at once.",
        responses={204: None},
    )
    def delete(self, request: Request, slug: str, person_id: UUID) -> Response:
        services.remove_member(selectors.get_member(self.org, person_id), by=self.by, now=timezone.now())
        return Response(status=204)


class InvitationSerializer(serializers.Serializer[Invitation]):
    id = serializers.UUIDField()
    email = serializers.CharField()
    role = RoleField(source="role.slug")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class InvitationPageSerializer(serializers.Serializer[object]):
    results = InvitationSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class NewInvitationSerializer(serializers.Serializer[object]):
    email = serializers.CharField(max_length=254)
    role = RoleField()


class InvitationsView(OrgAPI):
    actions: ClassVar = {"GET": Action.MEMBERS_CHANGE, "POST": Action.MEMBERS_CHANGE}

    @extend_schema(
        operation_id="list_invitations", description="Open invitations.", responses=InvitationPageSerializer, parameters=PAGING
    )
    def get(self, request: Request, slug: str) -> Response:
        invitations, more = page_of(selectors.open_invitations(self.org, now=timezone.now()), request)
        return Response(InvitationPageSerializer({"results": invitations, "next": more}).data)

    @extend_schema(
        operation_id="invite",
        description="Invite an address for two weeks; again, its time starts anew. Somebody new joins at their first single sign-on; who has an account accepts at `/v1/me/invitations` or on their Home.",
        request=NewInvitationSerializer,
        responses={201: InvitationSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        body = NewInvitationSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        invitation = services.invite(self.org, **body.validated_data, by=self.by, now=timezone.now())
        return Response(InvitationSerializer(invitation).data, status=201)


class InvitationView(OrgAPI):
    actions: ClassVar = {"DELETE": Action.MEMBERS_CHANGE}

    @extend_schema(operation_id="revoke_invitation", description="Withdraw an open invitation.", responses={204: None})
    def delete(self, request: Request, slug: str, invitation_id: UUID) -> Response:
        services.revoke_invitation(selectors.get_invitation(self.org, invitation_id), by=self.by, now=timezone.now())
        return Response(status=204)
