from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from apps.accounts.models import Person
from apps.orgs.domain import token_digest
from apps.orgs.models import ApiToken, Membership, Org
from apps.platform.errors import NotFound


def memberships_of(person: Person) -> QuerySet[Membership]:
    return Membership.objects.filter(person=person).select_related("org", "role").order_by("org__name")


def get_org(slug: str, *, person: Person) -> Org:
    """An org the person belongs to. Another org answers exactly like one that does not exist."""
    org = Org.objects.of(person).filter(slug=slug).first()
    if org is None:
        raise NotFound("There is no such org, or you do not belong to it.", code="unknown_org")
    return org


def find_token(token: str, *, now: datetime) -> ApiToken | None:
    usable = ApiToken.objects.usable(now=now).select_related("membership__person", "membership__org")
    return usable.filter(digest=token_digest(token)).first()
