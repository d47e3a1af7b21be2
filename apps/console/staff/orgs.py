"""Every org, for platform staff: make one, name it, verify its domains, change its quotas."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.console.staff.forms import AdminForm, DomainForm, LimitForm, NameForm, NewOrgForm
from apps.console.staff.frame import asked_for, staff_page
from apps.orgs import quotas, selectors, services
from apps.orgs.access import guarded
from apps.orgs.admin_frame import changed_at
from apps.orgs.domain import SystemRole
from apps.orgs.models import Org
from apps.orgs.policy import Action
from apps.platform.errors import Invalid, UserError
from apps.vault.secret_form import SecretForm
from apps.vault.selectors import platform_secrets_of

PAGE_SIZE = 50
ORG = "console:org"


@require_GET
@guarded(Action.PLATFORM_ORGS)
def orgs(request: HttpRequest) -> HttpResponse:
    return _list(request, NewOrgForm())


@posted_from("console:orgs")
@guarded(Action.PLATFORM_ORGS)
def create(request: HttpRequest) -> HttpResponse:
    form = NewOrgForm(request.POST)
    if form.is_valid():
        try:
            org = services.create_org(**form.cleaned_data, by=actor_of(request), now=timezone.now())
        except UserError as error:
            form.add_error({"bad_name": "name", "bad_email": "admin_email"}.get(error.code, "slug"), error.message)
        else:
            messages.success(request, f"There is an org {org.slug} now.")
            return redirect(ORG, org.slug)
    return _list(request, form, status=422)


@require_GET
@guarded(Action.PLATFORM_ORGS)
def show(request: HttpRequest, org_slug: str) -> HttpResponse:
    return org_answer(request, selectors.find_org(org_slug))


@posted_from(ORG, "org_slug")
@guarded(Action.PLATFORM_ORGS)
def rename(request: HttpRequest, org_slug: str) -> HttpResponse:
    org, by = selectors.find_org(org_slug), actor_of(request)
    return changed_at(
        request, "Renamed.", lambda: services.rename_org(org, name=_sent(NameForm(request.POST), "name"), by=by), ORG, org.slug
    )


@posted_from(ORG, "org_slug")
@guarded(Action.PLATFORM_ORGS)
def appoint(request: HttpRequest, org_slug: str) -> HttpResponse:
    org, by = selectors.find_org(org_slug), actor_of(request)
    note = f"Who has an account with that address is admin of {org.name} now; who has none is invited, and is at their first single sign-on."
    return changed_at(
        request, note,
        lambda: services.appoint_admin(org, email=_sent(AdminForm(request.POST), "email"), by=by, now=timezone.now()),
        ORG, org.slug,
    )  # fmt: skip


@posted_from(ORG, "org_slug")
@guarded(Action.PLATFORM_ORGS)
def verify_domain(request: HttpRequest, org_slug: str) -> HttpResponse:
    org, form = selectors.find_org(org_slug), DomainForm(request.POST)
    if form.is_valid():
        try:
            verified = services.verify_domain(org, **form.cleaned_data, by=actor_of(request), now=timezone.now())
        except UserError as error:
            form.add_error("domain", error.message)
        else:
            messages.success(request, f"Whoever proves an address at {verified.domain} joins {org.name}.")
            return redirect(ORG, org.slug)
    return org_answer(request, org, domain_form=form)


@posted_from(ORG, "org_slug")
@guarded(Action.PLATFORM_ORGS)
def forget_domain(request: HttpRequest, org_slug: str, domain: str) -> HttpResponse:
    org = selectors.find_org(org_slug)
    verified = selectors.get_domain(org, domain)
    note = f"Nobody joins by an address at {verified.domain} any more."
    return changed_at(request, note, lambda: services.forget_domain(verified, by=actor_of(request)), ORG, org.slug)


@posted_from(ORG, "org_slug")
@guarded(Action.PLATFORM_QUOTAS)
def change_quota(request: HttpRequest, org_slug: str, quota: str) -> HttpResponse:
    org, by = selectors.find_org(org_slug), actor_of(request)
    return changed_at(
        request, f"The quota of {quota} is changed.",
        lambda: services.change_quota(org, quota=quota, limit=_sent(LimitForm(request.POST), "limit"), by=by), ORG, org.slug,
    )  # fmt: skip


def _sent(form: forms.Form, name: str) -> Any:
    """Of a form with one field: its value, or what is wrong with it."""
    if not form.is_valid():
        raise Invalid(str(form.errors[name][0]))
    return form.cleaned_data[name]


def _list(request: HttpRequest, form: NewOrgForm, *, status: int = 200) -> HttpResponse:
    search = asked_for(request)
    page = Paginator(selectors.all_orgs(search=search), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "search": search, "given": urlencode({"q": search}), "form": form}
    return staff_page(request, "staff/orgs.html", "orgs", context, status=status)


def org_answer(
    request: HttpRequest, org: Org, *, domain_form: DomainForm | None = None, secret_form: SecretForm | None = None
) -> HttpResponse:
    """The page of the org; with a form that was refused, as it was sent."""
    invitations = selectors.open_invitations(org, now=timezone.now())
    context = {
        "org": org, "members": selectors.members_of(org).count(), "admins": selectors.admins_of(org),
        "invited": invitations.filter(role__slug=SystemRole.ADMIN), "domains": selectors.domains_of(org),
        "standings": quotas.standings(org), "name_form": NameForm({"name": org.name}),
        "domain_form": domain_form or DomainForm(), "admin_form": AdminForm(),
        "secrets": platform_secrets_of(org, config=settings.CONFIG), "secret_form": secret_form or SecretForm(auto_id="secret_%s"),
    }  # fmt: skip
    return staff_page(
        request, "staff/org.html", "orgs", context, crumb=org.name, status=422 if domain_form or secret_form else 200
    )
