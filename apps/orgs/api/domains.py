from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.orgs import selectors, services
from apps.orgs.guarded_api import PAGING, OrgAPI, page_of
from apps.orgs.models import VerifiedDomain
from apps.orgs.policy import Action
from apps.orgs.word_fields import RoleField


class DomainSerializer(serializers.Serializer[VerifiedDomain]):
    domain = serializers.CharField()
    role = RoleField(source="role.slug")
    created_at = serializers.DateTimeField()


class DomainPageSerializer(serializers.Serializer[object]):
    results = DomainSerializer(many=True)
    next = serializers.CharField(allow_null=True)


class NewDomainSerializer(serializers.Serializer[object]):
    domain = serializers.CharField(max_length=253)
    role = RoleField(max_length=40, default="reader", help_text="Of whoever joins.")


class DomainsView(OrgAPI):
    """Whoever proves to own an address of a domain joins the org. Platform staff verify that the domain is the org's."""

    actions: ClassVar = {"GET": Action.DOMAINS_VIEW, "POST": Action.PLATFORM_ORGS}
    reaches_every_org = True

    @extend_schema(
        operation_id="list_domains",
        description="The verified domains: whoever proves to own an address there joins the org.",
        responses=DomainPageSerializer,
        parameters=PAGING,
    )
    def get(self, request: Request, slug: str) -> Response:
        domains, more = page_of(selectors.domains_of(self.org), request)
        return Response(DomainPageSerializer({"results": domains, "next": more}).data)

    @extend_schema(
        operation_id="verify_domain",
        description="Let whoever proves an address of the domain join, as platform staff who have seen that the org owns it. Again, with another role, for whoever joins from then on.",
        request=NewDomainSerializer,
        responses={201: DomainSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        body = NewDomainSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        verified = services.verify_domain(self.org, **body.validated_data, by=self.by, now=timezone.now())
        return Response(DomainSerializer(verified).data, status=201)


class DomainView(OrgAPI):
    actions: ClassVar = {"DELETE": Action.PLATFORM_ORGS}
    reaches_every_org = True

    @extend_schema(
        operation_id="forget_domain",
        description="Nobody joins by an address of the domain any more; who has joined stays.",
        responses={204: None},
    )
    def delete(self, request: Request, slug: str, domain: str) -> Response:
        services.forget_domain(selectors.get_domain(self.org, domain), by=self.by)
        return Response(status=204)
