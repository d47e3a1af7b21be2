from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs.guarded_api import OrgAPI
from apps.orgs.policy import Action
from apps.vault import selectors, services
from apps.vault.domain import Namespace


class SecretSerializer(serializers.Serializer[object]):
    """Never the value: nothing reads it back."""

    namespace = serializers.ChoiceField([namespace.value for namespace in Namespace])
    name = serializers.CharField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    rotated_at = serializers.DateTimeField()
    used_by = serializers.ListField(child=serializers.CharField(), help_text="Jobs of active DAGs that declare it: `dag/job`.")


class ValueSerializer(serializers.Serializer[object]):
    value = serializers.CharField(trim_whitespace=False, write_only=True)


class SecretsView(OrgAPI):
    actions: ClassVar = {"GET": Action.SECRETS_VIEW}

    @extend_schema(
        operation_id="list_secrets",
        description="Names, versions and ages of the org's secrets. Nothing reads a value back.",
        responses=SecretSerializer(many=True),
    )
    def get(self, request: Request, slug: str) -> Response:
        return Response(SecretSerializer(selectors.secrets_of(self.org, config=settings.CONFIG), many=True).data)


class SecretView(OrgAPI):
    """`namespace` comes from the route: each has its own right."""

    actions: ClassVar = {"PUT": Action.SECRETS_WRITE, "DELETE": Action.SECRETS_WRITE}
    namespace: Namespace = Namespace.USER

    @extend_schema(request=ValueSerializer, responses={204: None}, description="Write a secret of the org, or rotate it.")
    def put(self, request: Request, slug: str, name: str) -> Response:
        body = ValueSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = {"namespace": self.namespace, "name": name, "by": self.by, "config": settings.CONFIG}
        services.set_secret(self.org, value=body.validated_data["value"], **given)
        return Response(status=204)

    @extend_schema(responses={204: None}, description="Delete a secret at once and for good.")
    def delete(self, request: Request, slug: str, name: str) -> Response:
        services.delete_secret(self.org, namespace=self.namespace, name=name, by=self.by, config=settings.CONFIG)
        return Response(status=204)


class PlatformSecretsView(OrgAPI):
    actions: ClassVar = {"GET": Action.PLATFORM_SECRETS}
    reaches_every_org = True

    @extend_schema(
        operation_id="list_platform_secrets", description="Names, versions and ages of what platform staff wrote for any org.",
        responses=SecretSerializer(many=True),
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        rows = selectors.secrets_of(self.org, namespaces=(Namespace.PLATFORM,), config=settings.CONFIG)
        return Response(SecretSerializer(rows, many=True).data)


class PlatformSecretView(SecretView):
    """Written by platform staff, whether or not they belong to the org."""

    actions: ClassVar = {"PUT": Action.PLATFORM_SECRETS, "DELETE": Action.PLATFORM_SECRETS}
    namespace = Namespace.PLATFORM
    reaches_every_org = True
