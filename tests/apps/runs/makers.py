"""Runs at each stage, and who looks at them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.test import Client
from django.utils import timezone

from apps.audit.domain import Actor
from apps.dags import services
from apps.dags.models import Dag, DagVersion
from apps.dags.services import Wanted
from apps.dispatch import services as dispatch
from apps.dispatch.models import Task
from apps.orgs.policy import Principal
from apps.platform.contracts import Claimed, ReportedEvent
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim_one, event, failed, job_of, publish, say, start, tasks_of, work
from tests.factories import Persona, sign_in


def armed(writer: Persona, *, name: str = "ranges", extra: str = "") -> Dag:
    return arm(writer, manual(name, extra=extra), name=name)


def chunks(claimed: Claimed) -> list[ReportedEvent]:
    """What the splitter says of its one range."""
    (arrived,) = claimed.task.arrived
    assert arrived.event.start is not None and arrived.event.end is not None
    return [event(claimed, start=at, end=at + 999) for at in range(arrived.event.start, arrived.event.end, 1000)]


def run_of(dag: Dag, *, blocks: tuple[int, int] = (0, 2999)) -> UUID:
    """A run by hand: its trigger is done, its splitter waits for a worker."""
    return start(dag, block_range=blocks)


def splitter(dag: Dag) -> Task:
    return tasks_of(dag, "chunks")[-1]


def dead(dag: Dag, *, blocks: tuple[int, int] = (0, 999), words: str = "it broke") -> Task:
    """A splitter that failed for good."""
    run_of(dag, blocks=blocks)
    task = splitter(dag)
    claimed = claim_one(task.pk)
    say(claimed, failed(claimed, retryable=False, words=words))
    publish()
    return splitter(dag)


def completed(dag: Dag, *, blocks: tuple[int, int] = (0, 2999)) -> Task:
    run_of(dag, blocks=blocks)
    work([splitter(dag)], chunks)
    return splitter(dag)


def make_task(version: DagVersion, *, status: str = "queued") -> Task:
    """Of the first job of a version that is active, written as it stands: nothing was told to any worker."""
    owner = version.dag.owner
    assert owner
    services.activate(version.dag, Wanted(version), who=Principal(owner), by=Actor.system("tests"), now=timezone.now())
    dispatch.arm(version.dag_id, now=timezone.now())
    job = job_of(version.dag, "start")
    started = dispatch.start_by_hand(job, block_range=None, request_key=None, made_by=None, now=timezone.now())
    Task.objects.filter(pk=started.task_id).update(status=status, ended_at=timezone.now() if status == "failed" else None)
    return Task.objects.get(pk=started.task_id)


def api(persona: Persona) -> Client:
    return Client(headers={"Authorization": persona.bearer})


def post(persona: Persona, path: str, body: dict[str, Any] | None = None, *, key: str = ""):  # type: ignore[no-untyped-def]
    headers = {"Idempotency-Key": key} if key else {}
    return api(persona).post(path, body or {}, content_type="application/json", headers=headers)


def browser(persona: Persona) -> Client:
    made = Client()
    sign_in(made, persona.person)
    return made


def page(persona: Persona, path: str = "", *, status: int = 200) -> str:
    answer = browser(persona).get(f"/o/{persona.org.slug}/runs{path}")
    assert answer.status_code == status, answer.text
    return answer.text
