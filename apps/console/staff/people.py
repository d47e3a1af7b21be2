"""Everybody, for platform staff: who somebody is, what they belong to, and the switch of their account."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import selectors as accounts
from apps.accounts import services
from apps.accounts.authentication import signed_in
from apps.audit.requests import actor_of
from apps.console.staff.frame import changed, staff_page
from apps.orgs import selectors
from apps.orgs.access import guarded
from apps.orgs.policy import Action

PAGE_SIZE = 50
PERSON = "console:person"


@require_GET
@guarded(Action.PLATFORM_PEOPLE)
def people(request: HttpRequest) -> HttpResponse:
    search = request.GET.get("q", "").strip()
    found = accounts.all_people(search=search).annotate(orgs=Count("memberships"))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "search": search, "given": urlencode({"q": search})}
    return staff_page(request, "staff/people.html", "people", context)


@require_GET
@guarded(Action.PLATFORM_PEOPLE)
def show(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person = accounts.get_person(person_id)
    context = {
        "person": person, "is_oneself": person == signed_in(request), "identities": accounts.identities_of(person),
        "memberships": selectors.memberships_of(person).prefetch_related("own_roles"),
        "invitations": selectors.invitations_for(person, now=timezone.now()),
    }  # fmt: skip
    return staff_page(request, "staff/person.html", "people", context, crumb=person.name)


@require_POST
@guarded(Action.PLATFORM_PEOPLE)
def switch_off(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person = accounts.get_person(person_id)
    note = f"{person.email} is switched off: their sessions and tokens are refused from now on."
    return changed(request, note, lambda: services.deactivate_person(person, by=actor_of(request)), PERSON, person.pk)


@require_POST
@guarded(Action.PLATFORM_PEOPLE)
def switch_on(request: HttpRequest, person_id: UUID) -> HttpResponse:
    person = accounts.get_person(person_id)
    note = f"{person.email} can sign in again."
    return changed(request, note, lambda: services.activate_person(person, by=actor_of(request)), PERSON, person.pk)
