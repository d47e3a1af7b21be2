"""What is done with a version that is being built, from the page of its DAG."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.dags import services as dags
from apps.dags.models import Dag
from apps.dags.selectors import open_build, reached_dag
from apps.orgs import policy
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import changed_at, who
from apps.orgs.domain import Level
from apps.orgs.policy import Action

PAGE = "dags:dag"


@require_GET
@org_page(Action.DAGS_VIEW)
def progress(request: OrgRequest, dag_name: str) -> HttpResponse:
    """The part of the page that tells of it, which asks for itself while something happens."""
    dag = _reach(request, dag_name, Level.VIEW)
    if open_build(dag) is None:
        # It is over while somebody looks: all of the page says something else now.
        return HttpResponse(status=204, headers={"HX-Redirect": reverse(PAGE, args=[request.org.slug, dag_name])})
    may_change = policy.can(who(request), Action.DAGS_ACTIVATE, org=request.org) and policy.can_reach(
        who(request), Level.CHANGE, dag, now=timezone.now()
    )
    return render(request, "runs/_build.html", {"dag": dag, "may_change": may_change})


@posted_from(PAGE, "slug", "dag_name")
@org_page(Action.DAGS_ACTIVATE)
def cut_over(request: OrgRequest, dag_name: str) -> HttpResponse:
    dag = _reach(request, dag_name)
    return changed_at(
        request, "The version that was built has taken over.",
        lambda: dags.cut_over(dag, who=who(request), by=actor_of(request), now=timezone.now()), PAGE, request.org.slug, dag_name,
    )  # fmt: skip


@posted_from(PAGE, "slug", "dag_name")
@org_page(Action.DAGS_ACTIVATE)
def abandon(request: OrgRequest, dag_name: str) -> HttpResponse:
    dag = _reach(request, dag_name)
    return changed_at(
        request, "The version is given up; the active one goes on.",
        lambda: dags.abandon_build(dag, who=who(request), by=actor_of(request), now=timezone.now()), PAGE, request.org.slug, dag_name,
    )  # fmt: skip


def _reach(request: OrgRequest, name: str, level: Level = Level.CHANGE) -> Dag:
    return reached_dag(request.org, name, who=who(request), level=level, now=timezone.now())
