from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs.guarded_api import PAGING, OrgAPI, page_of, principal_of
from apps.orgs.policy import Action
from apps.pii import selectors, services
from apps.pii.domain import LONGEST_NAME, LONGEST_TEXT, State, folded, wish
from apps.pii.models import PiiGrant

_STAGES = ("waiting", "living", "ended")
_FILTERS = [
    OpenApiParameter("stage", str, enum=_STAGES, description="Nobody has decided yet, works now, or never will again."),
    OpenApiParameter("dataset", str, description="Only grants on this dataset."),
]


class PiiGrantSerializer(serializers.Serializer[PiiGrant]):
    """`columns` null means every classified column of the dataset. Of person, role and job exactly one is set."""

    id = serializers.UUIDField()
    dataset = serializers.CharField()
    columns = serializers.ListField(child=serializers.CharField(), allow_null=True)
    person = serializers.CharField(source="person.email", default=None, allow_null=True)
    role = serializers.CharField(source="role.slug", default=None, allow_null=True)
    dag = serializers.CharField()
    job = serializers.CharField()
    purpose = serializers.CharField()
    state = serializers.SerializerMethodField()
    requested_by = serializers.CharField(source="requested_by.email")
    requested_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    decided_by = serializers.CharField(source="decided_by.email", default=None, allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    decision_note = serializers.CharField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    revoked_by = serializers.CharField(source="revoked_by.email", default=None, allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)

    def get_state(self, grant: PiiGrant) -> State:
        return grant.state_at(timezone.now())


class PiiGrantPageSerializer(serializers.Serializer[object]):
    results = PiiGrantSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class WishSerializer(serializers.Serializer[object]):
    """For oneself, unless a person, a role, or a job with its DAG is named. No `columns` means every classified one."""

    dataset = serializers.CharField(max_length=LONGEST_NAME)
    columns = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_NAME), max_length=1000, default=None, allow_null=True
    )
    purpose = serializers.CharField(max_length=LONGEST_TEXT, default="", allow_blank=True)
    expires_at = serializers.DateTimeField()
    person = serializers.UUIDField(default=None, allow_null=True)
    role = serializers.CharField(max_length=40, default="", allow_blank=True)
    dag = serializers.CharField(max_length=63, default="", allow_blank=True)
    job = serializers.CharField(max_length=63, default="", allow_blank=True)


class NoteSerializer(serializers.Serializer[object]):
    note = serializers.CharField(max_length=LONGEST_TEXT, default="", allow_blank=True)


class GrantsView(OrgAPI):
    """Everybody's for admins; for others what they asked for and what lets them in. Newest first."""

    actions: ClassVar = {"GET": Action.PII_VIEW, "POST": Action.PII_REQUEST}

    @extend_schema(
        operation_id="list_pii_grants",
        description="Requests and grants, newest first: everybody's for admins, for others what they asked for and what lets them in.",
        responses=PiiGrantPageSerializer,
        parameters=[*PAGING, *_FILTERS],
    )
    def get(self, request: Request, slug: str) -> Response:
        grants = selectors.grants_of(self.org, who=principal_of(request))
        grants = selectors.at_stage(grants, request.query_params.get("stage", ""), now=timezone.now())
        if dataset := request.query_params.get("dataset", ""):
            grants = grants.filter(dataset=folded(dataset))
        found, more = page_of(grants, request, descending=True)
        return Response(PiiGrantPageSerializer({"results": found, "next": more}).data)

    @extend_schema(
        operation_id="request_pii_grant",
        description="Ask to see classified columns in the clear. An admin who is not concerned decides.",
        request=WishSerializer,
        responses={201: PiiGrantSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        body = WishSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = body.validated_data
        named = {name: given.pop(name) for name in ("person", "role", "dag", "job")}
        who, now = principal_of(request), timezone.now()
        grantee = selectors.grantee_of(self.org, **named) or who.person
        grant = services.request_grant(self.org, wish(**given, now=now), grantee, who=who, by=self.by, now=now)
        return Response(PiiGrantSerializer(grant).data, status=201)


class _OneGrant(OrgAPI):
    def grant(self, pii_grant_id: UUID) -> PiiGrant:
        return selectors.get_grant(self.org, pii_grant_id, who=principal_of(self.request))

    def answer(self, pii_grant_id: UUID) -> Response:
        """Read again, with the people behind it."""
        return Response(PiiGrantSerializer(self.grant(pii_grant_id)).data)

    def note(self) -> str:
        body = NoteSerializer(data=self.request.data)
        body.is_valid(raise_exception=True)
        return str(body.validated_data["note"])


class GrantView(_OneGrant):
    actions: ClassVar = {"GET": Action.PII_VIEW}

    @extend_schema(operation_id="get_pii_grant", description="One request or grant.", responses=PiiGrantSerializer)
    def get(self, request: Request, slug: str, pii_grant_id: UUID) -> Response:
        return self.answer(pii_grant_id)


class ApproveView(_OneGrant):
    """By an admin who neither asked for it, nor is the person it is for, nor holds the role it is for."""

    actions: ClassVar = {"POST": Action.PII_APPROVE}

    @extend_schema(
        operation_id="approve_pii_grant",
        description="Approve a request, as an admin who neither asked for it, nor is the person it is for, nor holds the role it is for.",
        request=NoteSerializer,
        responses=PiiGrantSerializer,
    )
    def post(self, request: Request, slug: str, pii_grant_id: UUID) -> Response:
        services.approve(self.grant(pii_grant_id), by=self.by, now=timezone.now(), note=self.note())
        return self.answer(pii_grant_id)


class RefuseView(_OneGrant):
    actions: ClassVar = {"POST": Action.PII_APPROVE}

    @extend_schema(
        operation_id="refuse_pii_grant",
        description="Refuse a request, with a note for who asked.",
        request=NoteSerializer,
        responses=PiiGrantSerializer,
    )
    def post(self, request: Request, slug: str, pii_grant_id: UUID) -> Response:
        services.refuse(self.grant(pii_grant_id), by=self.by, now=timezone.now(), note=self.note())
        return self.answer(pii_grant_id)


class WithdrawView(_OneGrant):
    actions: ClassVar = {"POST": Action.PII_REQUEST}

    @extend_schema(
        operation_id="withdraw_pii_grant",
        description="Take back a request of your own while nobody has decided.",
        request=None,
        responses=PiiGrantSerializer,
    )
    def post(self, request: Request, slug: str, pii_grant_id: UUID) -> Response:
        services.withdraw(self.grant(pii_grant_id), by=self.by, now=timezone.now())
        return self.answer(pii_grant_id)


class RevokeView(_OneGrant):
    actions: ClassVar = {"POST": Action.PII_APPROVE}

    @extend_schema(
        operation_id="revoke_pii_grant", description="End a living grant at once.", request=None, responses=PiiGrantSerializer
    )
    def post(self, request: Request, slug: str, pii_grant_id: UUID) -> Response:
        services.revoke(self.grant(pii_grant_id), by=self.by, now=timezone.now())
        return self.answer(pii_grant_id)
