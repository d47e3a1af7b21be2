from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.console.catalog import one
from apps.datasets import selectors, services
from apps.datasets.domain import Asked
from apps.datasets.models import AccessRequest
from apps.orgs.guarded_api import PAGING, HeaderOrgAPI, page_of, principal_of
from apps.orgs.policy import Action


class AccessRequestSerializer(serializers.Serializer[AccessRequest]):
    id = serializers.UUIDField()
    person = serializers.CharField(source="person.email")
    reason = serializers.CharField()
    state = serializers.ChoiceField([state.value for state in Asked])
    asked_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    decided_by = serializers.CharField(source="decided_by.email", default=None, allow_null=True)
    note = serializers.CharField(allow_blank=True, help_text="Why it was refused.")


class AccessRequestPageSerializer(serializers.Serializer[object]):
    results = AccessRequestSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class AskSerializer(serializers.Serializer[object]):
    reason = serializers.CharField(
        max_length=500, help_text="What it is for: who decides reads it, and it becomes the purpose of the grant."
    )


class GrantRequestSerializer(serializers.Serializer[object]):
    expires_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="Within a year; null: until somebody revokes it."
    )


class RefuseSerializer(serializers.Serializer[object]):
    note = serializers.CharField(max_length=500, help_text="Why: who asked reads it.")


class AccessRequestsView(HeaderOrgAPI):
    actions: ClassVar = {"GET": Action.DATASETS_VIEW, "POST": Action.DATASETS_REQUEST}

    @extend_schema(
        operation_id="list_access_requests", parameters=PAGING, responses=AccessRequestPageSerializer,
        description="Who asked to read it, the newest first: your own requests, or everybody's if you may see grants.",
    )  # fmt: skip
    def get(self, request: Request, dataset_name: str) -> Response:
        rows = selectors.requests_of(one.get_dataset(self.org, dataset_name), principal_of(request))
        found, more = page_of(rows, request, descending=True)
        return Response({"results": [AccessRequestSerializer(row).data for row in found], "next": more})

    @extend_schema(
        operation_id="request_access", request=AskSerializer, responses={201: AccessRequestSerializer},
        description="Ask to read a dataset that is not open to you; once, while nobody has decided.",
    )  # fmt: skip
    def post(self, request: Request, dataset_name: str) -> Response:
        body = AskSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        dataset, reason = one.get_dataset(self.org, dataset_name), body.validated_data["reason"]
        asked = services.ask_for_access(dataset, reason, who=principal_of(request), by=self.by, now=timezone.now())
        return Response(AccessRequestSerializer(asked).data, status=201)


class OneRequest(HeaderOrgAPI):
    def _found(self, request: Request, name: str, request_id: UUID) -> AccessRequest:
        return selectors.get_request(one.get_dataset(self.org, name), request_id, principal_of(request))

    def _told(self, asked: AccessRequest) -> Response:
        return Response(
            AccessRequestSerializer(AccessRequest.objects.select_related("person", "decided_by").get(pk=asked.pk)).data
        )


class WithdrawView(OneRequest):
    actions: ClassVar = {"POST": Action.DATASETS_REQUEST}

    @extend_schema(
        operation_id="withdraw_access_request", request=None, responses=AccessRequestSerializer,
        description="Take back a request of your own that nobody has decided.",
    )  # fmt: skip
    def post(self, request: Request, dataset_name: str, request_id: UUID) -> Response:
        asked = self._found(request, dataset_name, request_id)
        services.withdraw_request(asked, by=self.by, now=timezone.now())
        return self._told(asked)


class GrantView(OneRequest):
    actions: ClassVar = {"POST": Action.GRANTS_CHANGE}

    @extend_schema(
        operation_id="grant_access_request", request=GrantRequestSerializer, responses=AccessRequestSerializer,
        description="Let the one who asked read the dataset, until an end or until it is revoked.",
    )  # fmt: skip
    def post(self, request: Request, dataset_name: str, request_id: UUID) -> Response:
        body = GrantRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked = self._found(request, dataset_name, request_id)
        services.grant_access(asked, expires_at=body.validated_data.get("expires_at"), by=self.by, now=timezone.now())
        return self._told(asked)


class RefuseView(OneRequest):
    actions: ClassVar = {"POST": Action.GRANTS_CHANGE}

    @extend_schema(
        operation_id="refuse_access_request", request=RefuseSerializer, responses=AccessRequestSerializer,
        description="Say no, with a sentence that the one who asked reads.",
    )  # fmt: skip
    def post(self, request: Request, dataset_name: str, request_id: UUID) -> Response:
        body = RefuseSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        asked = self._found(request, dataset_name, request_id)
        services.refuse_access(asked, body.validated_data["note"], by=self.by, now=timezone.now())
        return self._told(asked)
