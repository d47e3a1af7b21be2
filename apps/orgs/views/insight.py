"""Pages to look at: quotas, effective access, the audit log."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.audit import selectors as audit
from apps.audit.requests import log_asked_for
from apps.orgs import explaining, policy, quotas, selectors
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import admin_page, who
from apps.orgs.policy import Action
from apps.orgs.sharing import Kind, Shared, kinds

PAGE_SIZE = 50


@require_GET
@org_page(Action.QUOTAS_VIEW)
def show_quotas(request: OrgRequest) -> HttpResponse:
    return admin_page(request, "orgs/quotas.html", "quotas", {"standings": quotas.standings(request.org)})


@require_GET
@org_page(Action.MEMBERS_VIEW)
def access(request: OrgRequest) -> HttpResponse:
    """Why can, or cannot, this person do that?"""
    members = list(selectors.members_of(request.org).select_related("org").order_by("person__name"))
    asked = request.GET.get("person", str(request.person.pk))
    chosen = next((member for member in members if str(member.person_id) == asked), None)
    things = {f"{kind.key}:{thing.pk}": thing for kind, thing in _things_to_explain(request)}
    thing = things.get(request.GET.get("thing", ""))
    context = {
        "members": members, "chosen": chosen, "things": things, "thing": thing,
        "answers": explaining.about_the_org(chosen) if chosen else [],
        "about_the_thing": explaining.about_a_thing(chosen, thing, now=timezone.now()) if chosen and thing else [],
    }  # fmt: skip
    return admin_page(request, "orgs/access.html", "access", context)


def _things_to_explain(request: OrgRequest) -> list[tuple[Kind, Shared]]:
    """What the asker sees themself: that a thing exists is not for everybody."""
    now = timezone.now()
    return [
        (kind, thing)
        for kind in kinds()
        for thing in policy.visible(kind.things().filter(org=request.org), who(request), now=now)[:500]
    ]


@require_GET
@org_page(Action.AUDIT_VIEW)
def audit_log(request: OrgRequest) -> HttpResponse:
    log = log_asked_for(request, audit.FILTERS, partial(audit.records_of, request.org.pk))
    return admin_page(request, "orgs/audit.html", "audit", log, status=422 if log["problem"] else 200)
