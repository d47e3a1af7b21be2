from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.orgs import policy, selectors, services
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import admin_page, changed, may
from apps.orgs.domain import SystemRole
from apps.orgs.forms import RoleForm
from apps.orgs.policy import Action
from apps.platform.errors import UserError

PAGE = "orgs:roles"


@require_GET
@org_page(Action.MEMBERS_VIEW)
def roles(request: OrgRequest) -> HttpResponse:
    return _page(request, RoleForm())


@posted_from(PAGE, "slug")
@org_page(Action.ROLES_CHANGE)
def create(request: OrgRequest) -> HttpResponse:
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            role = services.create_role(request.org, **form.cleaned_data, by=actor_of(request))
        except UserError as error:
            form.add_error("slug", error.message)
        else:
            messages.success(request, f"There is a role {role.slug} now; give it to members on their page.")
            return redirect(PAGE, request.org.slug)
    return _page(request, form, status=422)


@posted_from(PAGE, "slug")
@org_page(Action.ROLES_CHANGE)
def delete(request: OrgRequest, role: str) -> HttpResponse:
    found = selectors.get_role(request.org, role)
    return changed(
        request, PAGE, f"The role {role} is gone, and what was granted to it.",
        lambda: services.delete_role(found, by=actor_of(request)),
    )  # fmt: skip


def _page(request: OrgRequest, form: RoleForm, *, status: int = 200) -> HttpResponse:
    context = {
        "own_roles": selectors.roles_of(request.org).filter(is_system=False).annotate(holders=Count("own_memberships")),
        "system": [(role.value, [policy.IN_WORDS[one] for one in sorted(policy.BY_ROLE[role])]) for role in SystemRole],
        "form": form, "can_change": may(request, Action.ROLES_CHANGE),
    }  # fmt: skip
    return admin_page(request, "orgs/roles.html", "roles", context, status=status)
