"""The way into every page: the right it needs, named on the view; of an org's page also the org.

Who does not belong to an org gets the answer of an org that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django_htmx.middleware import HtmxDetails

from apps.accounts.authentication import signed_in
from apps.accounts.models import Person
from apps.orgs import policy
from apps.orgs.models import Membership, Org
from apps.orgs.policy import Action, Principal
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
    htmx: HtmxDetails


def guarded(action: Action) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """A page outside orgs."""

    def guard(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def entered(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            policy.require(Principal(signed_in(request)), action)
            return view(request, *args, **kwargs)

        return _named(entered, action)

    return guard


def org_page(action: Action) -> Callable[[Callable[Concatenate[OrgRequest, P], HttpResponse]], Callable[..., HttpResponse]]:
    """A page below `/o/<slug>/`: the view gets its org in place of the slug."""

    def guard(view: Callable[Concatenate[OrgRequest, P], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def entered(request: OrgRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            _enter(request, slug)
            policy.require(Principal(request.person, membership=request.membership), action, org=request.org)
            return view(request, *args, **kwargs)

        return _named(entered, action)

    return guard


def _named(view: Callable[..., HttpResponse], action: Action) -> Callable[..., HttpResponse]:
    """A test looks at every URL for this name."""
    view.actions = {"*": action}  # type: ignore[attr-defined]
    return view


def _enter(request: OrgRequest, slug: str) -> None:
    """All memberships at once: the org switcher shows them anyway."""
    request.person = signed_in(request)
    request.memberships = list(memberships_of(request.person))
    found = next((membership for membership in request.memberships if membership.org.slug == slug), None)
    if found is None:
        raise NotFound("There is no such org, or you do not belong to it.", code="unknown_org")
    request.membership, request.org = found, found.org
    if request.session.get(LAST_ORG) != slug:
        # Only on a change: writing the session on every page would be a write per read.
        request.session[LAST_ORG] = slug
