"""The way into every page of an org: who does not belong to it gets the answer of an org that does not exist."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

from apps.accounts.authentication import signed_in
from apps.accounts.models import Person
from apps.orgs.models import Membership, Org
from apps.orgs.selectors import memberships_of
from apps.platform.errors import NotFound

P = ParamSpec("P")
LAST_ORG = "last_org"


class OrgRequest(HttpRequest):
    """A request to a page under `/o/<slug>/`."""

    person: Person
    org: Org
    membership: Membership
    memberships: list[Membership]


def in_org(view: Callable[Concatenate[OrgRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view its org in place of the slug. All memberships at once: the org switcher shows them anyway."""

    @wraps(view)
    def entered(request: OrgRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request.person = signed_in(request)
        request.memberships = list(memberships_of(request.person))
        found = next((membership for membership in request.memberships if membership.org.slug == slug), None)
        if found is None:
            raise NotFound("There is no such org, or you do not belong to it.", code="unknown_org")
        request.membership, request.org = found, found.org
        if request.session.get(LAST_ORG) != slug:
            # Only on a change: writing the session on every page would be a write per read.
            request.session[LAST_ORG] = slug
        return view(request, *args, **kwargs)

    return entered
