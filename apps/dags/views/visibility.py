from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.dags.views.reach import principal, reach
from apps.orgs import policy
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import changed_at
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.orgs.services import change_visibility


@posted_from("dags:dag", "slug", "dag_name")
@org_page(Action.DAGS_DEPLOY)
def visibility(request: OrgRequest, dag_name: str) -> HttpResponse:
    dag = reach(request, dag_name, Level.CHANGE)
    asked = request.POST.get("visibility", "")
    back = changed_at(
        request, f"Who sees {dag_name} is changed.",
        lambda: change_visibility(dag, visibility=asked, by=actor_of(request)), "dags:dag", request.org.slug, dag_name,
    )  # fmt: skip
    # Who has just closed it to themself would meet an error in place of the note.
    sees = policy.can_reach(principal(request), Level.VIEW, dag, now=timezone.now())
    return back if sees else redirect("dags:dags", request.org.slug)
