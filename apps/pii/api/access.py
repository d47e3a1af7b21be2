from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs.guarded_api import OrgAPI, principal_of, text_named
from apps.orgs.policy import Action
from apps.pii import policy, selectors
from apps.pii.domain import Mask, Outcome, dataset_name

_NAMES = [
    OpenApiParameter("dataset", str, required=True),
    OpenApiParameter("columns", str, description="Names with commas between; without, every classified column."),
    OpenApiParameter("person", str, description="A member's id or e-mail address; without person, role and job: oneself."),
    OpenApiParameter("role", str),
    OpenApiParameter("dag", str, description="Together with `job`."),
    OpenApiParameter("job", str),
]


class ColumnAccessSerializer(serializers.Serializer[object]):
    """`grant` names what lets a classified column through."""

    column = serializers.CharField()
    outcome = serializers.ChoiceField([outcome.value for outcome in Outcome])
    mask = serializers.ChoiceField([mask.value for mask in Mask], allow_null=True)
    because = serializers.CharField()
    grant = serializers.UUIDField(source="grant_id", allow_null=True)


class AccessSerializer(serializers.Serializer[object]):
    dataset = serializers.CharField()
    who = serializers.CharField()
    columns = ColumnAccessSerializer(many=True)


class AccessView(OrgAPI):
    """Why can, or cannot, somebody see these columns? The answers are those that a query gets."""

    actions: ClassVar = {"GET": Action.PII_VIEW}

    @extend_schema(
        operation_id="explain_pii_access",
        description="Why can, or cannot, somebody see these columns? The answers are those that a query gets.",
        responses=AccessSerializer,
        parameters=_NAMES,
    )
    def get(self, request: Request, slug: str) -> Response:
        asked = request.query_params
        dataset = dataset_name(text_named(request, "dataset"))
        named = {name: asked.get(name, "") for name in ("role", "dag", "job")}
        grantee = selectors.grantee_of(self.org, person=asked.get("person") or None, **named)
        who, asker = selectors.asker_of(self.org, grantee, asked_by=principal_of(request))
        columns = selectors.columns_asked(self.org, dataset, asked.get("columns", ""))
        answers = policy.decide(self.org, dataset, columns, who=asker, now=timezone.now())
        return Response(AccessSerializer({"dataset": dataset, "who": who, "columns": answers}).data)
