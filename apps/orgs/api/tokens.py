from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.authentication import signed_in
from apps.orgs import policy, selectors, services
from apps.orgs.guarded_api import OrgAPI, flag_named, principal_of
from apps.orgs.policy import Action
from apps.orgs.word_fields import ScopeField


class TokenSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    scope = ScopeField()
    of = serializers.CharField(source="membership.person.email", help_text="The member for whom it acts.")
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")


class NewTokenSerializer(serializers.Serializer[object]):
    name = serializers.CharField(max_length=80)
    scope = ScopeField(default="read", help_text="How much of what you may the token may; `platform` only for platform staff.")
    days = serializers.IntegerField(default=90)


class MadeTokenSerializer(TokenSerializer):
    """`token` is shown this once; Trace keeps only its digest."""

    token = serializers.CharField()


class TokensView(OrgAPI):
    """One's own tokens for this org. A token cannot make another: sign in, with a browser or at a provider."""

    actions: ClassVar = {"GET": Action.TOKENS_VIEW, "POST": Action.TOKENS_MAKE}
    keeps_answers = False

    @extend_schema(
        operation_id="list_tokens",
        description="Your own living tokens for this org; with `all=true` those of all its members, for admins.",
        parameters=[OpenApiParameter("all", bool, description="Of all members, for admins.")],
        responses=TokenSerializer(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        wants_all = flag_named(request, "all")
        if wants_all:
            policy.require(principal_of(request), Action.TOKENS_ALL, org=self.org)
        tokens = selectors.tokens_of(self.org, person=None if wants_all else signed_in(request))
        return Response(TokenSerializer(tokens, many=True).data)

    @extend_schema(
        operation_id="create_token",
        description="Make a token for yourself in this org. Its text is in this answer and never again. A token makes no token: sign in, with a browser or at a provider.",
        request=NewTokenSerializer,
        responses={201: MadeTokenSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        body = NewTokenSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        membership = selectors.get_member(self.org, signed_in(request).pk)
        token, text = services.create_token(membership, **body.validated_data, by=self.by, now=timezone.now())
        return Response({**TokenSerializer(token).data, "token": text}, status=201)


class TokenView(OrgAPI):
    actions: ClassVar = {"DELETE": Action.TOKENS_REVOKE}

    @extend_schema(
        operation_id="revoke_token",
        description="Refuse a token from now on: one of yours, or as an admin anybody's in the org.",
        responses={204: None},
    )
    def delete(self, request: Request, slug: str, token_id: UUID) -> Response:
        revokes_all = policy.can(principal_of(request), Action.TOKENS_ALL, org=self.org)
        token = selectors.get_token(self.org, token_id, person=None if revokes_all else signed_in(request))
        services.revoke_token(token, by=self.by, now=timezone.now())
        return Response(status=204)
