"""The secrets of an org: written, never read."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.audit.selectors import given
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import admin_page, changed
from apps.orgs.policy import Action
from apps.platform.errors import UserError
from apps.vault import selectors, services
from apps.vault.domain import Namespace
from apps.vault.secret_form import SecretForm, done_words

PAGE = "vault:secrets"


@require_GET
@org_page(Action.SECRETS_VIEW)
def secrets(request: OrgRequest) -> HttpResponse:
    return _page(request, SecretForm(initial={"name": given(request.GET, "name")}))


@sensitive_post_parameters("value")
@posted_from(PAGE, "slug")
@org_page(Action.SECRETS_WRITE)
def write(request: OrgRequest) -> HttpResponse:
    form = SecretForm(request.POST)
    if form.is_valid():
        try:
            written = services.set_secret(
                request.org, namespace=Namespace.USER, **form.cleaned_data, by=actor_of(request), config=settings.CONFIG
            )
        except UserError as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, done_words(form.cleaned_data["name"], written))
            return redirect(PAGE, request.org.slug)
    form.forget_value()
    return _page(request, form, status=422)


@posted_from(PAGE, "slug")
@org_page(Action.SECRETS_WRITE)
def delete(request: OrgRequest, name: str) -> HttpResponse:
    return changed(
        request, PAGE, f"{name} is deleted.",
        lambda: services.delete_secret(
            request.org, namespace=Namespace.USER, name=name, by=actor_of(request), config=settings.CONFIG
        ),
    )  # fmt: skip


def _page(request: OrgRequest, form: SecretForm, *, status: int = 200) -> HttpResponse:
    rows = selectors.secrets_of(request.org, config=settings.CONFIG)
    return admin_page(request, "vault/secrets.html", "secrets", {"secrets": rows, "form": form}, status=status)
