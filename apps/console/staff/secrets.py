"""The secrets that platform staff keep for an org: names and ages; written, never read."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.staff.orgs import ORG, org_answer
from apps.orgs import selectors
from apps.orgs.access import guarded
from apps.orgs.admin_frame import changed_at
from apps.orgs.policy import Action
from apps.platform.errors import UserError
from apps.vault import services
from apps.vault.domain import Namespace
from apps.vault.secret_form import SecretForm, done_words


@sensitive_post_parameters("value")
@posted_from(ORG, "org_slug")
@guarded(Action.PLATFORM_SECRETS)
def write(request: HttpRequest, org_slug: str) -> HttpResponse:
    org, form = selectors.find_org(org_slug), SecretForm(request.POST, auto_id="secret_%s")
    if form.is_valid():
        try:
            written = services.set_secret(
                org, namespace=Namespace.PLATFORM, **form.cleaned_data, by=actor_of(request), config=settings.CONFIG
            )
        except UserError as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, done_words(form.cleaned_data["name"], written))
            return redirect(ORG, org.slug)
    form.forget_value()
    return org_answer(request, org, secret_form=form)


@posted_from(ORG, "org_slug")
@guarded(Action.PLATFORM_SECRETS)
def delete(request: HttpRequest, org_slug: str, name: str) -> HttpResponse:
    org, by = selectors.find_org(org_slug), actor_of(request)
    return changed_at(
        request, f"{name} is deleted.",
        lambda: services.delete_secret(org, namespace=Namespace.PLATFORM, name=name, by=by, config=settings.CONFIG),
        ORG, org.slug,
    )  # fmt: skip
