"""Invitations to oneself. For people, not for the tokens of their programs: a token acts in one org, and this is about another."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.authentication import signed_in
from apps.orgs import selectors, services
from apps.orgs.api.me import MembershipSerializer
from apps.orgs.guarded_api import GuardedAPI
from apps.orgs.models import ApiToken
from apps.orgs.policy import Action
from apps.orgs.word_fields import RoleField
from apps.platform.errors import Forbidden


class OfferSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    org = serializers.CharField(source="org.slug")
    org_name = serializers.CharField(source="org.name")
    role = RoleField(source="role.slug")
    invited_by = serializers.CharField(source="invited_by.email", default=None, allow_null=True)
    expires_at = serializers.DateTimeField()


class PersonalAPI(GuardedAPI):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if isinstance(request.auth, ApiToken):
            raise Forbidden(
                "A token acts in its own org only: answer invitations on the pages, or with a token of your provider.",
                code="token_for_one_org",
            )


class OffersView(PersonalAPI):
    """Empty as well for somebody whose e-mail is not proved."""

    actions: ClassVar = {"GET": Action.SELF_VIEW}

    @extend_schema(
        operation_id="list_my_invitations",
        description="Open invitations to you. Empty as well for somebody whose e-mail address is not proved. Not by a token of Trace: it acts in its own org only.",
        responses=OfferSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        offers = selectors.offers_to(signed_in(request), now=timezone.now())
        return Response(OfferSerializer(offers, many=True).data)


class AcceptView(PersonalAPI):
    actions: ClassVar = {"POST": Action.SELF_CHANGE}

    @extend_schema(
        operation_id="accept_invitation",
        description="Join the org that invited you.",
        request=None,
        responses={201: MembershipSerializer},
    )
    def post(self, request: Request, offer_id: UUID) -> Response:
        person, now = signed_in(request), timezone.now()
        offer = selectors.get_offer(person, offer_id, now=now)
        membership = services.accept_invitation(offer, person=person, by=self.by, now=now)
        return Response(MembershipSerializer(membership).data, status=201)


class DeclineView(PersonalAPI):
    actions: ClassVar = {"POST": Action.SELF_CHANGE}

    @extend_schema(
        operation_id="decline_invitation",
        description="Answer an invitation with no; the org's audit log says so.",
        request=None,
        responses={204: None},
    )
    def post(self, request: Request, offer_id: UUID) -> Response:
        person, now = signed_in(request), timezone.now()
        services.decline_invitation(selectors.get_offer(person, offer_id, now=now), person=person, by=self.by, now=now)
        return Response(status=204)
