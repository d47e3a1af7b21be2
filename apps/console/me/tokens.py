from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.accounts.authentication import signed_in
from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.me import page
from apps.orgs import selectors, services
from apps.orgs.access import guarded
from apps.orgs.admin_frame import changed_at
from apps.orgs.policy import Action


@posted_from(page.URL)
@guarded(Action.SELF_CHANGE)
def revoke(request: HttpRequest, token_id: UUID) -> HttpResponse:
    def change() -> None:
        token = selectors.get_own_token(signed_in(request), token_id)
        services.revoke_token(token, by=actor_of(request), now=timezone.now())

    return changed_at(request, "The token is refused from now on.", change, page.URL)
