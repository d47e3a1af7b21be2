from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.orgs import services
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import REFUSED, admin_page
from apps.orgs.forms import OrgForm
from apps.orgs.policy import Action
from apps.platform.errors import UserError

PAGE = "orgs:org"


@require_GET
@org_page(Action.ORG_CHANGE)
def show(request: OrgRequest) -> HttpResponse:
    return admin_page(request, "orgs/org.html", "org", {"form": OrgForm(initial={"name": request.org.name})})


@posted_from(PAGE, "slug")
@org_page(Action.ORG_CHANGE)
def rename(request: OrgRequest) -> HttpResponse:
    form = OrgForm(request.POST)
    if form.is_valid():
        try:
            org = services.rename_org(request.org, **form.cleaned_data, by=actor_of(request))
        except UserError as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, f"The org is called {org.name} now.")
            return redirect(PAGE, org.slug)
    return admin_page(request, "orgs/org.html", "org", {"form": form}, status=REFUSED)
