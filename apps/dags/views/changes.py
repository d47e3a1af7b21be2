from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.dags import services
from apps.dags.document.shape import is_dag_name
from apps.dags.domain import Cutover
from apps.dags.models import Dag, DagVersion
from apps.dags.views.reach import instant, numbered, principal, reach
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import changed_at
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.platform.errors import Conflict, UserError


@posted_from("dags:dag", "slug", "dag_name")
@org_page(Action.DAGS_ACTIVATE)
def activate(request: OrgRequest, dag_name: str) -> HttpResponse:
    """`version` is a number; without one the DAG is switched off. `cutover=manual`: one that is built first waits when it is ready."""
    dag = reach(request, dag_name, Level.CHANGE)
    asked = request.POST.get("version", "")
    version = numbered(dag, asked) if asked else None
    wanted = services.Wanted(version, Cutover.MANUAL if request.POST.get("cutover") == Cutover.MANUAL else Cutover.AUTO)
    try:
        dag = services.activate(dag, wanted, who=principal(request), by=actor_of(request), now=timezone.now())
    except UserError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _activated(dag, version))
    return redirect("dags:dag", request.org.slug, dag_name)


def _activated(dag: Dag, version: DagVersion | None) -> str:
    if version is None:
        return f"{dag.name} is switched off."
    return f"Version {version.number} is active." if dag.active == version else f"Version {version.number} is being built first."


@posted_from("dags:dags", "slug")
@org_page(Action.DAGS_DEPLOY)
def discard(request: OrgRequest) -> HttpResponse:
    """`back` is the DAG on whose page the draft was shown; without it, it was shown in the list."""
    name, back = request.POST.get("draft", "")[:63], request.POST.get("back", "")
    seen = instant(request.POST.get("seen", ""))
    return changed_at(
        request, "The draft is discarded.", lambda: services.discard_draft(request.org, request.person, name, seen=seen),
        *(("dags:dag", request.org.slug, back) if is_dag_name(back) else ("dags:dags", request.org.slug)),
    )  # fmt: skip


@posted_from("dags:dag", "slug", "dag_name")
@org_page(Action.DAGS_DEPLOY)
def delete(request: OrgRequest, dag_name: str) -> HttpResponse:
    dag = reach(request, dag_name, Level.CHANGE)
    try:
        services.delete_dag(dag, who=principal(request), by=actor_of(request), now=timezone.now())
    except Conflict as error:
        messages.error(request, error.message)
        return redirect("dags:dag", request.org.slug, dag_name)
    messages.success(request, f"{dag_name} is deleted.")
    return redirect("dags:dags", request.org.slug)
