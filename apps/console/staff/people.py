"""Everybody, for platform staff: who somebody is, what they belong to, where they are signed in, and the switch of their account."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.accounts import selectors as accounts
from apps.accounts import services
from apps.accounts.authentication import signed_in
from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.browsers import signed_in_browsers
from apps.console.staff.frame import asked_for, staff_page
from apps.orgs import selectors
from apps.orgs.access import guarded
from apps.orgs.admin_frame import changed_at
from apps.orgs.policy import Action
from apps.platform.errors import NotFound

PAGE_SIZE = 50
PERSON = "console:person"


@never_cache
@require_GET
@guarded(Action.PLATFORM_PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    search = asked_for(request)
    found = accounts.all_people(search=search).annotate(orgs=Count("memberships"))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "search": search, "given": urlencode({"q": search})}
    return staff_page(request, "staff/people.html", "people", context)


@never_cache
@require_GET
@guarded(Action.PLATFORM_PEOPLE)
def show(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person, now = accounts.get_person(person_id), timezone.now()
    context = {
        "person": person, "is_oneself": person == signed_in(request), "identities": accounts.identities_of(person),
        "memberships": selectors.memberships_of(person).prefetch_related("own_roles"),
        "invitations": selectors.invitations_for(person, now=now),
        "signed_in": signed_in_browsers(person, end_name="console:end-persons-session", now=now),
    }  # fmt: skip
    return staff_page(request, "staff/person.html", "people", context, crumb=person.name)


@posted_from(PERSON, "person_id")
@guarded(Action.PLATFORM_PEOPLE)
def switch_off(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person = accounts.get_person(person_id)
    note = f"{person.email} is switched off: their sessions and tokens are refused from now on."
    return changed_at(request, note, lambda: services.deactivate_person(person, by=actor_of(request)), PERSON, person.pk)


@posted_from(PERSON, "person_id")
@guarded(Action.PLATFORM_PEOPLE)
def switch_on(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person = accounts.get_person(person_id)
    note = f"{person.email} can sign in again."
    return changed_at(request, note, lambda: services.activate_person(person, by=actor_of(request)), PERSON, person.pk)


@posted_from("console:people")
@guarded(Action.PLATFORM_PEOPLE)
def end_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    session = accounts.find_session(session_id)
    if session is None:
        raise NotFound("There is no such session, or it has ended.", code="unknown_session")
    note = f"{session.browser} is signed out."
    return changed_at(request, note, lambda: services.revoke_session(session, by=actor_of(request)), PERSON, session.person_id)


@posted_from("console:people")
@guarded(Action.PLATFORM_PEOPLE)
def unlink(request: HttpRequest, identity_id: UUID) -> HttpResponse:
    identity = accounts.get_identity(identity_id)
    note = f"The account at {identity.provider} is unlinked from {identity.person.email}."
    return changed_at(request, note, lambda: services.unlink_identity(identity, by=actor_of(request)), PERSON, identity.person_id)


@posted_from(PERSON, "person_id")
@guarded(Action.PLATFORM_PEOPLE)
def end_sessions(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person = accounts.get_person(person_id)
    note = f"{person.email} is signed out everywhere."
    end = partial(services.end_other_sessions, person, keep=None, by=actor_of(request))
    return changed_at(request, note, end, PERSON, person.pk)
