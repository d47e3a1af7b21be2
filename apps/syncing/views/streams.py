"""The part of a DAG's page that tells of its streams, and what is done with them there."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.dags.models import Dag
from apps.dags.selectors import reached_dag
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import changed_at, who
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.syncing import selectors, services

PAGE = "dags:dag"


@require_GET
@org_page(Action.RUNS_VIEW)
def syncs(request: OrgRequest, dag_name: str) -> HttpResponse:
    """It asks for itself while somebody looks."""
    return render(request, "syncing/_streams.html", {"dag": _reach(request, dag_name, Level.VIEW)})


@posted_from(PAGE, "slug", "dag_name")
@org_page(Action.RUNS_ACT)
def pause(request: OrgRequest, dag_name: str, stream: str) -> HttpResponse:
    """`paused` is 1 or 0; by the name of an entrypoint all of its streams."""
    dag, paused = _reach(request, dag_name, Level.CHANGE), request.POST.get("paused") == "1"
    jobs = selectors.get_stream_jobs(dag, stream)
    note = f"{stream} is paused: what runs ends, and nothing more is planned." if paused else f"{stream} goes on where it was."
    return changed_at(
        request, note, lambda: services.set_paused(jobs, paused=paused, by=actor_of(request), now=timezone.now()),
        PAGE, request.org.slug, dag_name,
    )  # fmt: skip


def _reach(request: OrgRequest, name: str, level: Level) -> Dag:
    return reached_dag(request.org, name, who=who(request), level=level, now=timezone.now())
