from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.authentication import signed_in
from apps.orgs import selectors, services
from apps.orgs.guarded_api import OrgAPI
from apps.orgs.policy import Action


class TokenSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    scope = serializers.CharField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class NewTokenSerializer(serializers.Serializer[object]):
    name = serializers.CharField(max_length=80)
    scope = serializers.CharField(default="read")
    days = serializers.IntegerField(default=90)


class MadeTokenSerializer(TokenSerializer):
    """`token` is shown this once; Trace keeps only its digest."""

    token = serializers.CharField()


class TokensView(OrgAPI):
    """One's own tokens for this org. A token cannot make another: sign in, with a browser or at a provider."""

    actions: ClassVar = {"GET": Action.TOKENS_VIEW, "POST": Action.TOKENS_MAKE}

    @extend_schema(operation_id="list_tokens", responses=TokenSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        tokens = selectors.tokens_of(self.org, person=signed_in(request))
        return Response(TokenSerializer(tokens, many=True).data)

    @extend_schema(operation_id="create_token", request=NewTokenSerializer, responses={201: MadeTokenSerializer})
    def post(self, request: Request, slug: str) -> Response:
        body = NewTokenSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        membership = selectors.get_member(self.org, signed_in(request).pk)
        token, text = services.create_token(membership, **body.validated_data, by=self.by, now=timezone.now())
        return Response({**TokenSerializer(token).data, "token": text}, status=201)


class TokenView(OrgAPI):
    actions: ClassVar = {"DELETE": Action.TOKENS_REVOKE}

    @extend_schema(operation_id="revoke_token", responses={204: None})
    def delete(self, request: Request, slug: str, token_id: UUID) -> Response:
        token = selectors.get_token(self.org, token_id, person=signed_in(request))
        services.revoke_token(token, by=self.by, now=timezone.now())
        return Response(status=204)
