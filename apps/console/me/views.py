from __future__ import annotations

import json

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET

from apps.accounts import selectors, services, sessions
from apps.accounts.authentication import signed_in
from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.me import page
from apps.console.me.forms import NameForm, PasswordForm
from apps.orgs.access import guarded
from apps.orgs.policy import Action
from apps.platform.errors import Invalid, NotFound


@never_cache
@require_GET
@guarded(Action.SELF_VIEW)
def show(request: HttpRequest) -> HttpResponse:
    return page.draw(request)


@posted_from(page.URL)
@guarded(Action.SELF_CHANGE)
def change(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            person = services.change_person(signed_in(request), name=form.cleaned_data["name"], by=actor_of(request))
        except Invalid as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, f"You are {person.name} now.")
            return redirect(page.URL)
    return page.draw(request, name=form, status=422)


@posted_from(page.URL)
@guarded(Action.SELF_CHANGE)
def choose_keys(request: HttpRequest) -> HttpResponse:
    """A switch that tells by an event what the server now knows: it stands on the page of every person, in the sheet of keys."""
    is_on = "letter_keys" in request.POST
    services.change_person(signed_in(request), letter_keys=is_on, by=actor_of(request))
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Trigger": json.dumps({"trace:letter-keys": {"isOn": is_on}})})
    return redirect(page.URL)


@never_cache
@sensitive_post_parameters("old", "new", "again")
@posted_from(page.URL)
@guarded(Action.SELF_CHANGE)
def change_password(request: HttpRequest) -> HttpResponse:
    person = signed_in(request)
    if not selectors.has_password(person):
        raise NotFound("You have no password here: change it at the provider that you sign in with.", code="no_password")
    form = PasswordForm(request, person, request.POST)
    if not form.is_valid():
        return page.draw(request, password=form, status=422)
    services.change_password(person, password=form.cleaned_data["new"], keep=sessions.id_of(request), by=actor_of(request))
    # Django's own mark of the password in the session: without it this browser would be signed out as well.
    update_session_auth_hash(request, person)
    messages.success(request, "Your password is changed, and every other browser is signed out.")
    return redirect(page.URL)
