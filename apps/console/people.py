"""For platform staff: where somebody is signed in, and how to end it when a laptop is lost or an account is stolen."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import selectors, services
from apps.accounts.models import Person
from apps.audit.requests import actor_of
from apps.console.browsers import signed_in_browsers
from apps.orgs.access import guarded
from apps.orgs.policy import Action
from apps.platform.errors import NotFound


@never_cache
@require_GET
@guarded(Action.PLATFORM_PEOPLE)
def find(request: HttpRequest) -> HttpResponse:
    """By the whole address: this is no list to leaf through."""
    email = request.GET.get("email", "").strip()
    person = selectors.find_person(email) if email else None
    browsers = signed_in_browsers(person, end_name="console:end-persons-session", now=timezone.now()) if person else []
    context = {"email": email, "person": person, "signed_in": browsers, "active": "people", "crumbs": [{"name": "People"}]}
    return render(request, "console/people.html", context)


@require_POST
@guarded(Action.PLATFORM_PEOPLE)
def end_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    session = selectors.find_session(session_id)
    if session is None:
        raise NotFound("There is no such session, or it has ended.", code="unknown_session")
    services.revoke_session(session, by=actor_of(request))
    messages.success(request, f"{session.browser} is signed out.")
    return _back_to(session.person)


@require_POST
@guarded(Action.PLATFORM_PEOPLE)
def end_sessions(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person = selectors.get_person(person_id)
    services.end_other_sessions(person, keep=None, by=actor_of(request))
    messages.success(request, f"{person.email} is signed out everywhere.")
    return _back_to(person)


def _back_to(person: Person) -> HttpResponse:
    return redirect(f"{reverse('console:people')}?{urlencode({'email': person.email})}")
