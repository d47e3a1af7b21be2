from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.accounts import selectors, services
from apps.accounts.authentication import signed_in
from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.me import page
from apps.orgs.access import guarded
from apps.orgs.policy import Action
from apps.platform.errors import NotFound


@posted_from(page.URL)
@guarded(Action.SELF_CHANGE)
def unlink(request: HttpRequest, identity_id: UUID) -> HttpResponse:
    try:
        identity = selectors.get_own_identity(signed_in(request), identity_id)
    except NotFound as error:
        messages.error(request, error.message)
    else:
        services.unlink_identity(identity, by=actor_of(request))
        messages.success(request, "The account is unlinked from you.")
    return redirect(page.URL)
