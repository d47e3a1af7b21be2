from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from apps.accounts.authentication import signed_in
from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.orgs import selectors, services
from apps.orgs.access import guarded
from apps.orgs.models import Org
from apps.orgs.policy import Action
from apps.platform.errors import UserError

START = "console:start"


@posted_from(START)
@guarded(Action.SELF_CHANGE)
def accept(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    org = _answer(request, offer_id, services.accept_invitation)
    if org is None:
        return redirect(START)
    messages.success(request, f"You are a member of {org.name} now.")
    return redirect("console:home", org.slug)


@posted_from(START)
@guarded(Action.SELF_CHANGE)
def decline(request: HttpRequest, offer_id: UUID) -> HttpResponse:
    if org := _answer(request, offer_id, services.decline_invitation):
        messages.success(request, f"You have declined to join {org.name}.")
    return redirect(START)


def _answer(request: HttpRequest, offer_id: UUID, service: Callable[..., object]) -> Org | None:
    """The org that was answered; None after a note of why it could not be: there is no field that it could stand beside."""
    person, now = signed_in(request), timezone.now()
    try:
        offer = selectors.get_offer(person, offer_id, now=now)
        service(offer, person=person, by=actor_of(request), now=now)
    except UserError as error:
        messages.error(request, error.message)
        return None
    return offer.org
