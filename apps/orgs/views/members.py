from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.audit.selectors import given
from apps.orgs import selectors, services
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import ROLES, admin_page, changed, may
from apps.orgs.forms import InviteForm
from apps.orgs.policy import Action
from apps.platform.errors import UserError

PAGE = "orgs:members"
PAGE_SIZE = 50
HOW_THEY_JOIN = "Who is new to Trace joins at a first single sign-on; who has an account accepts on Home or on their profile."


@require_GET
@org_page(Action.MEMBERS_VIEW)
def members(request: OrgRequest) -> HttpResponse:
    return _page(request, InviteForm())


@posted_from(PAGE, "slug")
@org_page(Action.MEMBERS_CHANGE)
def invite(request: OrgRequest) -> HttpResponse:
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            invitation = services.invite(request.org, **form.cleaned_data, by=actor_of(request), now=timezone.now())
        except UserError as error:
            form.add_error("email", error.message)
        else:
            messages.success(request, f"{invitation.email} is invited. {HOW_THEY_JOIN}")
            return redirect(PAGE, request.org.slug)
    return _page(request, form, status=422)


@posted_from(PAGE, "slug")
@org_page(Action.MEMBERS_CHANGE)
def change(request: OrgRequest, person_id: UUID) -> HttpResponse:
    member = selectors.get_member(request.org, person_id)
    role, own = request.POST.get("role", ""), request.POST.getlist("own_roles")
    return changed(
        request, PAGE, f"{member.person.name} is {role} now.",
        lambda: services.change_member(member, role=role, own_roles=own, by=actor_of(request)),
    )  # fmt: skip


@posted_from(PAGE, "slug")
@org_page(Action.MEMBERS_CHANGE)
def remove(request: OrgRequest, person_id: UUID) -> HttpResponse:
    member = selectors.get_member(request.org, person_id)
    note = f"{member.person.name} is no longer a member, and their tokens for this org have ended."
    return changed(request, PAGE, note, lambda: services.remove_member(member, by=actor_of(request), now=timezone.now()))


@posted_from(PAGE, "slug")
@org_page(Action.MEMBERS_CHANGE)
def withdraw(request: OrgRequest, invitation_id: UUID) -> HttpResponse:
    invitation = selectors.get_invitation(request.org, invitation_id)
    note = f"The invitation of {invitation.email} is withdrawn."
    return changed(request, PAGE, note, lambda: services.revoke_invitation(invitation, by=actor_of(request), now=timezone.now()))


def _page(request: OrgRequest, form: InviteForm, *, status: int = 200) -> HttpResponse:
    can_change = may(request, Action.MEMBERS_CHANGE)
    search = given(request.GET, "q")
    members = selectors.members_of(request.org, search=search).order_by("person__name", "pk")
    context = {
        "page": Paginator(members, PAGE_SIZE).get_page(request.GET.get("page")), "search": search, "given": urlencode({"q": search}),
        "invitations": selectors.open_invitations(request.org, now=timezone.now()).order_by("email") if can_change else [],
        "own_roles": selectors.roles_of(request.org).filter(is_system=False),
        "roles": [value for value, _ in ROLES], "form": form, "can_change": can_change, "how_they_join": HOW_THEY_JOIN,
        "sees_domains": may(request, Action.DOMAINS_VIEW), "domains": selectors.domains_of(request.org),
    }  # fmt: skip
    return admin_page(request, "orgs/members.html", "members", context, status=status)
