"""What every API view of an org has: the org from the address, the right from the policy, lists that page."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts.authentication import signed_in
from apps.audit.domain import Actor
from apps.audit.requests import actor_of
from apps.orgs import policy, rates
from apps.orgs.declared import refuse_unknown_names
from apps.orgs.idempotency import once
from apps.orgs.models import ApiToken, Org
from apps.orgs.policy import Action, Principal
from apps.orgs.selectors import find_org, get_org, orgs_of
from apps.platform.errors import BadInput, NotFound

M = TypeVar("M", bound=Model)
PAGE, LONGEST_PAGE = 50, 500
ORG_HEADER = "Trace-Org"
PAGING = [
    OpenApiParameter("cursor", str, description="Where the page before ended: its `next`."),
    OpenApiParameter("limit", int, description=f"Rows of a page: {PAGE}, at most {LONGEST_PAGE}."),
]


class GuardedAPI(APIView):
    """Each method names the action it needs; a method without one does not exist."""

    actions: ClassVar[dict[str, Action]]
    # False where an answer holds a secret: such a call refuses an Idempotency-Key.
    keeps_answers: ClassVar[bool] = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Every POST takes an Idempotency-Key; no view has to think of it."""
        super().__init_subclass__(**kwargs)
        if post := cls.__dict__.get("post"):
            setattr(cls, "post", once(post))  # noqa: B010  a method that this class does not declare

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # Django answers HEAD with what GET does. OPTIONS and unknown methods are answered by DRF, without any data.
        method = "GET" if request.method == "HEAD" else request.method or ""
        if action := self.actions.get(method):
            org = self.org_of(request, **kwargs)
            policy.require(principal_of(request), action, org=org)
            refuse_unknown_names(self, request)
            # Only now is it known that the caller is of the org. A token's own org is counted before.
            if org and rates.is_program(request) and not isinstance(request.auth, ApiToken):
                rates.count_org(org)
        elif method != "OPTIONS" and method in self.allowed_methods:
            raise MethodNotAllowed(method)

    def org_of(self, request: Request, **kwargs: Any) -> Org | None:
        return None

    @property
    def by(self) -> Actor:
        return actor_of(self.request)


class OrgAPI(GuardedAPI):
    """Below `/v1/orgs/<slug>/`."""

    org: Org
    # For what platform staff do to orgs that are not theirs; to everybody else another org stays unknown.
    reaches_every_org = False

    def org_of(self, request: Request, **kwargs: Any) -> Org:
        self.org = self._find(request, kwargs["slug"])
        return self.org

    def _find(self, request: Request, slug: str) -> Org:
        asked = request.headers.get(ORG_HEADER, slug)
        if asked != slug:
            raise BadInput(f"{ORG_HEADER} says `{asked[:60]}` and the address `{slug}`: leave one out.", code="org_mismatch")
        who = principal_of(request)
        if self.reaches_every_org and who.acts_for_the_platform:
            return find_org(slug)
        if who.token and who.token.membership.org.slug != slug:
            raise NotFound(f"There is no such org, or you do not belong to it.{_bound(who)}", code="unknown_org")
        return get_org(slug, person=who.person)


class HeaderOrgAPI(GuardedAPI):
    """Below `/v1/`, where the address names no org: the header does."""

    org: Org

    def org_of(self, request: Request, **kwargs: Any) -> Org:
        self.org = asked_org(request)
        return self.org


def asked_org(request: Request) -> Org:
    """For what is about an org that its address does not name: the Trace-Org header does, or there is only one to mean."""
    orgs = list(orgs_of(principal_of(request)))
    asked = request.headers.get(ORG_HEADER)
    if asked is not None:
        found = next((org for org in orgs if org.slug == asked), None)
        if found is None:
            words = f"There is no such org as {ORG_HEADER} says, or you do not belong to it.{_bound(principal_of(request))}"
            raise NotFound(words, code="unknown_org")
        return found
    if len(orgs) != 1:
        words = f"one of {', '.join(org.slug for org in orgs)}" if orgs else "but you belong to none yet: ask for an invitation"
        raise BadInput(f"Say which org with the {ORG_HEADER} header, {words}.", code="org_needed")
    return orgs[0]


def _bound(who: Principal) -> str:
    """The same for every org but the token's own, so it tells of none that it exists."""
    return f" This token is for the org `{who.token.membership.org.slug}`." if who.token else ""


def principal_of(request: Request) -> Principal:
    token = request.auth if isinstance(request.auth, ApiToken) else None
    return Principal(signed_in(request), token)


def page_of(rows: QuerySet[M], request: Request, *, descending: bool = False) -> tuple[list[M], str | None]:
    """A page by primary key and the cursor of the next one; ids of our lists are time-ordered or do not care."""
    return merged_page_of([rows], request, descending=descending)


def merged_page_of(sources: Sequence[QuerySet[M]], request: Request, *, descending: bool = False) -> tuple[list[M], str | None]:
    """One list out of several tables whose ids are in one order."""
    cursor, limit = _cursor(request), _limit(request)
    if cursor is not None:
        sources = [rows.filter(pk__lt=cursor) if descending else rows.filter(pk__gt=cursor) for rows in sources]
    pages = [rows.order_by("-pk" if descending else "pk")[: limit + 1] for rows in sources]
    found = sorted(chain.from_iterable(pages), key=lambda row: row.pk, reverse=descending)
    return found[:limit], str(found[limit - 1].pk) if len(found) > limit else None


def _limit(request: Request) -> int:
    raw = request.query_params.get("limit", str(PAGE))
    if len(raw) > len(str(LONGEST_PAGE)) or not (raw.isascii() and raw.isdigit()) or not 1 <= int(raw) <= LONGEST_PAGE:
        raise BadInput(f"`limit` is a whole number from 1 to {LONGEST_PAGE}.", code="bad_limit")
    return int(raw)


def id_named(request: Request, name: str) -> UUID:
    """A query parameter that must be an id."""
    return _id(text_named(request, name), BadInput(f"`{name}` is an id.", code="bad_id"))


def text_named(request: Request, name: str) -> str:
    """A query parameter that must be there."""
    if not (given := request.query_params.get(name, "")):
        raise BadInput(f"The parameter `{name}` is missing.", code="missing_parameter")
    return given


def id_if_named(request: Request, name: str) -> UUID | None:
    return id_named(request, name) if request.query_params.get(name) else None


def flag_named(request: Request, name: str) -> bool:
    raw = request.query_params.get(name, "false")
    if raw not in {"true", "false"}:
        raise BadInput(f"`{name}` is true or false.", code="bad_flag")
    return raw == "true"


def _cursor(request: Request) -> UUID | None:
    raw = request.query_params.get("cursor")
    return _id(raw, BadInput("`cursor` is not one that this list gave out.", code="bad_cursor")) if raw else None


def _id(text: str, refusal: BadInput) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise refusal from None
