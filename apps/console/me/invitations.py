from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from apps.accounts.authentication import signed_in
from apps.audit.requests import actor_of
from apps.console.me import page
from apps.orgs import selectors, services
from apps.orgs.access import guarded
from apps.orgs.policy import Action
from apps.platform.errors import UserError

START = "console:start"


@require_POST
@guarded(Action.SELF_CHANGE)
def accept(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    person, now = signed_in(request), timezone.now()
    try:
        offer = selectors.get_offer(person, offer_id, now=now)
        services.accept_invitation(offer, person=person, by=actor_of(request), now=now)
    except UserError as error:
        page.note_refusal(request, error)
        return redirect(START)
    messages.success(request, f"You are a member of {offer.org.name} now.")
    return redirect("console:home", offer.org.slug)


@require_POST
@guarded(Action.SELF_CHANGE)
def decline(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    person, now = signed_in(request), timezone.now()
    try:
        offer = selectors.get_offer(person, offer_id, now=now)
        services.decline_invitation(offer, person=person, by=actor_of(request), now=now)
    except UserError as error:
        page.note_refusal(request, error)
    else:
        messages.success(request, f"You have declined to join {offer.org.name}.")
    return redirect(START)
