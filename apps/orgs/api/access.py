from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs import explaining, policy, selectors
from apps.orgs.domain import Level
from apps.orgs.guarded_api import OrgAPI, id_named, principal_of, text_named
from apps.orgs.policy import Action


class AnswerSerializer(serializers.Serializer[object]):
    action = serializers.CharField()
    words = serializers.CharField(help_text="The action for people; its words may change.")
    is_allowed = serializers.BooleanField(source="decision.is_allowed")
    because = serializers.CharField(source="decision.because")


class AccessView(OrgAPI):
    """Why can, or cannot, a member do each thing in this org, or reach one thing of it?"""

    actions: ClassVar = {"GET": Action.MEMBERS_VIEW}

    @extend_schema(
        operation_id="explain_access", description="Why can, or cannot, a member do each thing in this org? With `kind` and `object`: why can they, or not, reach one thing of it?", responses=AnswerSerializer(many=True),
        parameters=[
            OpenApiParameter("person", str, required=True, description="A member's id or e-mail address."),
            OpenApiParameter("kind", str, description="Of a thing that can be shared; together with `object`."),
            OpenApiParameter("object", UUID, description="The id of the thing."),
        ],
    )  # fmt: skip
    def get(self, request: Request, slug: str) -> Response:
        member = selectors.find_member(self.org, text_named(request, "person"))
        kind = request.query_params.get("kind")
        if kind is None:
            return Response(AnswerSerializer(explaining.about_the_org(member), many=True).data)
        thing, now = selectors.get_thing(self.org, kind=kind, thing_id=id_named(request, "object")), timezone.now()
        policy.require_reach(principal_of(request), Level.VIEW, thing, now=now)
        return Response(AnswerSerializer(explaining.about_a_thing(member, thing, now=now), many=True).data)
