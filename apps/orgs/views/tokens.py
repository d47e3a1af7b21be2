from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse, QueryDict
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.orgs import selectors, services
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import admin_page, changed, may
from apps.orgs.forms import TokenForm
from apps.orgs.policy import Action
from apps.platform.errors import UserError

PAGE = "orgs:tokens"
PAGE_SIZE = 50


@require_GET
@org_page(Action.TOKENS_VIEW)
def tokens(request: OrgRequest) -> HttpResponse:
    return _page(request, _form(request))


@never_cache
@posted_from(PAGE, "slug")
@org_page(Action.TOKENS_MAKE)
def create(request: OrgRequest) -> HttpResponse:
    """Answers with the page itself, not with a redirect: the token's text is nowhere to be read again."""
    form = _form(request, request.POST)
    if form.is_valid():
        try:
            _, text = services.create_token(request.membership, **form.cleaned_data, by=actor_of(request), now=timezone.now())
        except UserError as error:
            form.add_error("name", error.message)
        else:
            return _page(request, _form(request), made=text, status=201)
    return _page(request, form, status=422)


@posted_from(PAGE, "slug")
@org_page(Action.TOKENS_REVOKE)
def revoke(request: OrgRequest, token_id: UUID) -> HttpResponse:
    """One's own; admins anybody's."""
    person = None if may(request, Action.TOKENS_ALL) else request.person
    token = selectors.get_token(request.org, token_id, person=person)
    return changed(
        request, PAGE, f"The token {token.name} is refused from now on.",
        lambda: services.revoke_token(token, by=actor_of(request), now=timezone.now()),
    )  # fmt: skip


def _form(request: OrgRequest, data: QueryDict | None = None) -> TokenForm:
    return TokenForm(data, is_for_staff=request.person.is_platform_staff)


def _page(request: OrgRequest, form: TokenForm, *, made: str = "", status: int = 200) -> HttpResponse:
    sees_all = may(request, Action.TOKENS_ALL)
    person = None if sees_all else request.person
    tokens = selectors.tokens_of(request.org, person=person)
    context = {
        "page": Paginator(tokens, PAGE_SIZE).get_page(request.GET.get("page")), "sees_all": sees_all, "form": form, "made": made,
        "now": timezone.now(),
    }  # fmt: skip
    return admin_page(request, "orgs/tokens.html", "tokens", context, status=status)
