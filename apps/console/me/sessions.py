from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.accounts import selectors, services, sessions
from apps.accounts.authentication import signed_in
from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.me import page
from apps.orgs.access import guarded
from apps.orgs.policy import Action
from apps.platform.errors import NotFound


@posted_from(page.URL)
@guarded(Action.SELF_CHANGE)
def end(request: HttpRequest, session_id: UUID) -> HttpResponse:
    try:
        session = selectors.get_session(signed_in(request), session_id)
    except NotFound as error:
        messages.error(request, error.message)
    else:
        services.revoke_session(session, by=actor_of(request))
        messages.success(request, f"{session.browser} is signed out.")
    return redirect(page.URL)


@posted_from(page.URL)
@guarded(Action.SELF_CHANGE)
def end_others(request: HttpRequest) -> HttpResponse:
    ended = services.end_other_sessions(signed_in(request), keep=sessions.id_of(request), by=actor_of(request))
    messages.success(request, f"Signed out of {ended} other browser{'' if ended == 1 else 's'}.")
    return redirect(page.URL)
