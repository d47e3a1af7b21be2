"""What the pages of runs share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from apps.dispatch.models import LiveJob, Task
from apps.orgs import policy
from apps.orgs.access import OrgRequest
from apps.orgs.admin_frame import may, who
from apps.orgs.domain import Level
from apps.orgs.policy import Action
from apps.runs import selectors
from apps.runs.selectors import Asker, Seen

Crumbs = Sequence[Mapping[str, str]]


def seen(request: OrgRequest, level: Level = Level.VIEW) -> Seen:
    return selectors.jobs_seen(request.org, who(request), now=timezone.now(), level=level)


def asker(request: OrgRequest, theirs: Seen) -> Asker:
    return Asker(request.org, who(request), theirs, timezone.now())


def reach(request: OrgRequest, task_id: UUID, level: Level = Level.VIEW) -> tuple[Task, LiveJob]:
    return selectors.get_task(request.org, task_id, who=who(request), level=level, now=timezone.now())


def may_act(request: OrgRequest, job: LiveJob | None = None) -> bool:
    """The right in the org, and to the DAG of the job."""
    if not may(request, Action.RUNS_ACT):
        return False
    return job is None or bool(policy.can_reach(who(request), Level.CHANGE, job.dag, now=timezone.now()))


def page(request: OrgRequest, template: str, crumbs: Crumbs, context: Mapping[str, object], *, status: int = 200) -> HttpResponse:
    home = {"name": "Runs"} | ({"url": reverse("runs:runs", args=[request.org.slug])} if crumbs else {})
    return render(request, template, {"active": "runs", "crumbs": [home, *crumbs], **context}, status=status)
