"""What every API view of an org has: the org from the address, the right from the policy, lists that page."""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.authentication import signed_in
from apps.audit.domain import Actor
from apps.audit.requests import actor_of
from apps.orgs import policy
from apps.orgs.models import ApiToken, Org
from apps.orgs.policy import Action, Principal
from apps.orgs.selectors import get_org
from apps.platform.errors import BadInput

M = TypeVar("M", bound=Model)
PAGE = 50
CURSOR = OpenApiParameter("cursor", str, description="Where the page before ended: its `next`.")


class GuardedAPI(APIView):
    """Each method names the action it needs; a method without one does not exist."""

    actions: ClassVar[dict[str, Action]]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # OPTIONS and unknown methods are answered by DRF, without any data.
        if action := self.actions.get(request.method or ""):
            policy.require(principal_of(request), action, org=self.org_of(request, **kwargs))

    def org_of(self, request: Request, **kwargs: Any) -> Org | None:
        return None

    @property
    def by(self) -> Actor:
        return actor_of(self.request)


class OrgAPI(GuardedAPI):
    """Below `/v1/orgs/<slug>/`."""

    org: Org

    def org_of(self, request: Request, **kwargs: Any) -> Org:
        self.org = get_org(kwargs["slug"], person=signed_in(request))
        return self.org


def principal_of(request: Request) -> Principal:
    token = request.auth if isinstance(request.auth, ApiToken) else None
    return Principal(signed_in(request), token)


def page_of(rows: QuerySet[M], request: Request, *, descending: bool = False) -> tuple[list[M], str | None]:
    """A page by primary key and the cursor of the next one; ids of our lists are time-ordered or do not care."""
    cursor = _cursor(request)
    if cursor is not None:
        rows = rows.filter(pk__lt=cursor) if descending else rows.filter(pk__gt=cursor)
    found = list(rows.order_by("-pk" if descending else "pk")[: PAGE + 1])
    more = len(found) > PAGE
    return found[:PAGE], str(found[PAGE - 1].pk) if more else None


def _cursor(request: Request) -> UUID | None:
    raw = request.query_params.get("cursor")
    try:
        return UUID(raw) if raw else None
    except ValueError:
        raise BadInput("`cursor` is not one that this list gave out.", code="bad_cursor") from None
