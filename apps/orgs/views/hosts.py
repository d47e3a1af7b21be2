from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.orgs import selectors, services
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import REFUSED, admin_page, changed, may
from apps.orgs.forms import HostForm
from apps.orgs.policy import Action
from apps.platform.errors import UserError

PAGE = "orgs:hosts"


@require_GET
@org_page(Action.HOSTS_VIEW)
def hosts(request: OrgRequest) -> HttpResponse:
    return _page(request, HostForm())


@posted_from(PAGE, "slug")
@org_page(Action.HOSTS_CHANGE)
def approve(request: OrgRequest) -> HttpResponse:
    form = HostForm(request.POST)
    if form.is_valid():
        try:
            approved = services.approve_host(request.org, **form.cleaned_data, by=actor_of(request), now=timezone.now())
        except UserError as error:
            form.add_error("host", error.message)
        else:
            return changed(request, PAGE, f"{approved.host} is approved.", lambda: None)
    return _page(request, form, status=REFUSED)


@posted_from(PAGE, "slug")
@org_page(Action.HOSTS_CHANGE)
def withdraw(request: OrgRequest, host_id: UUID) -> HttpResponse:
    approved = get_object_or_404(selectors.hosts_of(request.org), pk=host_id)
    return changed(
        request,
        PAGE,
        f"{approved.host} is not approved any more.",
        lambda: services.withdraw_host(approved, by=actor_of(request)),
    )


def _page(request: OrgRequest, form: HostForm, *, status: int = 200) -> HttpResponse:
    context = {"hosts": selectors.hosts_of(request.org), "may_change": may(request, Action.HOSTS_CHANGE), "form": form}
    return admin_page(request, "orgs/hosts.html", "hosts", context, status=status)
