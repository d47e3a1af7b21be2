from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import changed, may, who
from apps.orgs.policy import Action
from apps.pii import selectors, services
from apps.pii.domain import wish
from apps.pii.forms import RequestForm
from apps.pii.models import PiiGrant
from apps.pii.policy import roles_held
from apps.pii.views.frame import listed, pii_page
from apps.platform.errors import UserError

PAGE = "pii:grants"
# Where a refusal is shown; what is not here belongs to the columns.
_FIELDS = {"purpose_needed": "purpose", "pii_expiry_past": "days", "pii_expiry_too_far": "days", "pii_already_asked": None}


@require_GET
@org_page(Action.PII_VIEW)
def grants(request: OrgRequest) -> HttpResponse:
    """`dataset` and `columns` of the address fill the form: whoever met a closed column comes with them."""
    return _page(request, _form(request, initial={name: request.GET.get(name, "") for name in ("dataset", "columns")}))


@posted_from(PAGE, "slug")
@org_page(Action.PII_REQUEST)
def request_access(request: OrgRequest) -> HttpResponse:
    form = _form(request, request.POST)
    if form.is_valid():
        try:
            grant = _request(request, form)
        except UserError as error:
            form.add_error(_FIELDS.get(error.code, "columns"), error.message)
        else:
            messages.success(request, f"Asked for {grant.what}. An admin decides; until then nothing changes.")
            return redirect(PAGE, request.org.slug)
    return _page(request, form, status=422)


@posted_from(PAGE, "slug")
@org_page(Action.PII_APPROVE)
def approve(request: OrgRequest, pii_grant_id: UUID) -> HttpResponse:
    grant, note = _grant(request, pii_grant_id), request.POST.get("note", "")
    return changed(
        request, PAGE, f"{grant.grantee} sees {grant.what} in the clear until {grant.expires_at:%Y-%m-%d}.",
        lambda: services.approve(grant, by=actor_of(request), now=timezone.now(), note=note),
    )  # fmt: skip


@posted_from(PAGE, "slug")
@org_page(Action.PII_APPROVE)
def refuse(request: OrgRequest, pii_grant_id: UUID) -> HttpResponse:
    grant, note = _grant(request, pii_grant_id), request.POST.get("note", "")
    return changed(
        request, PAGE, f"The request of {grant.requested_by.email} is refused.",
        lambda: services.refuse(grant, by=actor_of(request), now=timezone.now(), note=note),
    )  # fmt: skip


@posted_from(PAGE, "slug")
@org_page(Action.PII_REQUEST)
def withdraw(request: OrgRequest, pii_grant_id: UUID) -> HttpResponse:
    grant = _grant(request, pii_grant_id)
    return changed(
        request, PAGE, "The request is withdrawn.", lambda: services.withdraw(grant, by=actor_of(request), now=timezone.now())
    )


@posted_from(PAGE, "slug")
@org_page(Action.PII_APPROVE)
def revoke(request: OrgRequest, pii_grant_id: UUID) -> HttpResponse:
    grant = _grant(request, pii_grant_id)
    return changed(
        request, PAGE, f"{grant.grantee} no longer sees {grant.what} through this grant.",
        lambda: services.revoke(grant, by=actor_of(request), now=timezone.now()),
    )  # fmt: skip


def _form(request: OrgRequest, data: object = None, **given: object) -> RequestForm:
    return RequestForm(data, org=request.org, names_others=may(request, Action.PII_REQUEST_FOR_OTHERS), **given)


def _request(request: OrgRequest, form: RequestForm) -> PiiGrant:
    now = timezone.now()
    wanted = wish(
        dataset=form.cleaned_data["dataset"],
        columns=form.columns_named(),
        purpose=form.cleaned_data["purpose"],
        expires_at=now + timedelta(days=form.cleaned_data["days"]),
        now=now,
    )
    grantee = selectors.grantee_of(request.org, **form.named()) or request.person
    return services.request_grant(request.org, wanted, grantee, who=who(request), by=actor_of(request), now=now)


def _grant(request: OrgRequest, pii_grant_id: UUID) -> PiiGrant:
    return selectors.get_grant(request.org, pii_grant_id, who=who(request))


def _page(request: OrgRequest, form: RequestForm, *, status: int = 200) -> HttpResponse:
    now, concerning = timezone.now(), selectors.grants_of(request.org, who=who(request))
    ended = listed(request, concerning.ended(now=now), "ended")
    context = {
        "waiting": listed(request, concerning.waiting(now=now), "waiting"),
        "living": listed(request, concerning.living(now=now).order_by("expires_at", "pk"), "living"),
        "ended": ended, "ended_rows": [(grant, grant.state_at(now)) for grant in ended.page],
        "form": form, "can_ask": bool(selectors.classified_datasets(request.org)),
        "held_roles": roles_held(request.membership), "can_approve": may(request, Action.PII_APPROVE),
        "sees_all": may(request, Action.PII_VIEW_ALL),
    }  # fmt: skip
    return pii_page(request, "grants", context, status=status)
