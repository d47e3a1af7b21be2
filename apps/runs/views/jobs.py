"""What is done with a job by hand, from the page of its DAG."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone

from apps.accounts.posting import posted_from
from apps.audit.requests import actor_of
from apps.dags.selectors import reached_dag
from apps.dispatch.models import LiveJob
from apps.orgs.access import OrgRequest, org_page
from apps.orgs.admin_frame import changed_at, who
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.runs import selectors, services
from apps.runs.domain import read_blocks
from apps.runs.services.starting import Asked

PAGE = "dags:dag"


@posted_from(PAGE, "slug", "dag_name")
@org_page(Action.RUNS_ACT)
def pause(request: OrgRequest, dag_name: str, job: str) -> HttpResponse:
    """`paused` is 1 or 0."""
    live, paused = _reach(request, dag_name, job), request.POST.get("paused") == "1"
    note = f"{job} is paused: its tasks wait." if paused else f"{job} goes on."
    return changed_at(
        request, note, lambda: services.set_paused(live, paused=paused, by=actor_of(request), now=timezone.now()),
        PAGE, request.org.slug, dag_name,
    )  # fmt: skip


@posted_from(PAGE, "slug", "dag_name")
@org_page(Action.RUNS_ACT)
def start(request: OrgRequest, dag_name: str, job: str) -> HttpResponse:
    """`block`: 17 or 17-20, or nothing. `key` is the form's own, so that sending it twice starts one run."""
    live = _reach(request, dag_name, job)
    blocks, key = request.POST.get("block", "").strip(), request.POST.get("key", "")[:200] or None

    def begin() -> None:
        services.start_job(live, Asked(read_blocks(blocks), key), by=actor_of(request), now=timezone.now())

    return changed_at(request, f"{job} is started.", begin, PAGE, request.org.slug, dag_name)


def _reach(request: OrgRequest, dag_name: str, job: str) -> LiveJob:
    dag = reached_dag(request.org, dag_name, who=who(request), level=Level.CHANGE, now=timezone.now())
    return selectors.get_job(dag, job)
