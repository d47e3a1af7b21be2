"""Pages to look at: quotas, effective access, the audit log."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.views.decorators.http import require_GET

from apps.audit import selectors as audit
from apps.orgs import policy, quotas, selectors
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.models import Membership
from apps.orgs.policy import Action, Decision, Principal
from apps.orgs.views.frame import admin_page
from apps.platform.errors import BadInput

PAGE_SIZE = 50


@dataclass(frozen=True)
class Answer:
    action: Action
    decision: Decision


@require_GET
@org_page(Action.QUOTAS_VIEW)
def show_quotas(request: OrgRequest) -> HttpResponse:
    return admin_page(request, "orgs/quotas.html", "quotas", {"standings": quotas.standings(request.org)})


@require_GET
@org_page(Action.MEMBERS_VIEW)
def access(request: OrgRequest) -> HttpResponse:
    """Why can, or cannot, this person do that? The answers are the policy's own."""
    members = list(selectors.members_of(request.org).order_by("person__name"))
    asked = request.GET.get("person", str(request.person.pk))
    chosen = next((member for member in members if str(member.person_id) == asked), None)
    answers = _answers(chosen, request) if chosen else []
    return admin_page(request, "orgs/access.html", "access", {"members": members, "chosen": chosen, "answers": answers})


@require_GET
@org_page(Action.AUDIT_VIEW)
def audit_log(request: OrgRequest) -> HttpResponse:
    filters = {name: request.GET.get(name, "").strip() for name in audit.FILTERS}
    problem = ""
    try:
        records = audit.records_of(request.org.pk, filters=filters)
    except BadInput as error:
        problem, records = error.message, audit.records_of(request.org.pk, filters={})
    page = Paginator(records, PAGE_SIZE).get_page(request.GET.get("page"))
    given = urlencode({name: value for name, value in filters.items() if value})
    context = {"page": page, "filters": filters, "given": given, "problem": problem}
    return admin_page(request, "orgs/audit.html", "audit", context)


def _answers(member: Membership, request: OrgRequest) -> list[Answer]:
    who = Principal(member.person, membership=member)
    return [Answer(action, policy.can(who, action, org=request.org)) for action in Action if action in policy.IN_AN_ORG]
