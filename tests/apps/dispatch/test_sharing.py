"""The queue that orgs share: nobody fills it, and what is urgent does not wait behind what is not."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from apps.dispatch.domain import Cause, Priority
from apps.dispatch.models import LiveJob, Task
from apps.dispatch.services import pause_job
from apps.dispatch.services.creating import Wish, create_tasks
from apps.dispatch.services.handing import LEAST_READY, top_up
from apps.orgs.models import OrgQuota
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim, finish, job_of
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(writer: Persona) -> LiveJob:
    """Of an org whose own quota is no limit."""
    OrgQuota.objects.create(org=writer.org, key="tasks", limit=1_000_000)
    return job_of(arm(writer, manual()), "chunks")


def make(job: LiveJob, count: int, *, prefix: str = "k") -> None:
    with transaction.atomic():
        create_tasks([Wish(job.pk, f"{prefix}{n}", Cause.EVENT, partition_key=f"{prefix}{n}") for n in range(count)])
        top_up([job.org_id])


def ready(job: LiveJob) -> list[Task]:
    return list(Task.objects.filter(job_id=job.pk, status="queued", handed_at__isnull=False).order_by("id"))


def test_an_org_cannot_fill_the_queue_before_others(job: LiveJob) -> None:
    make(job, 10_000)

    assert len(ready(job)) == LEAST_READY


def test_what_a_claim_takes_out_of_the_queue_is_filled_up(job: LiveJob) -> None:
    make(job, 1_000)

    claim(*[task.pk for task in ready(job)])

    assert len(ready(job)) == LEAST_READY


def test_an_org_alone_has_as_much_ready_as_all_workers_hold(job: LiveJob) -> None:
    make(job, 1_000)

    for _ in range(3):
        claim(*[task.pk for task in ready(job)])

    assert len(ready(job)) == Task.objects.filter(status="running").count() == 4 * LEAST_READY


def test_an_end_fills_up_what_is_missing(job: LiveJob) -> None:
    make(job, LEAST_READY)
    held = claim(*[task.pk for task in ready(job)])
    make(job, 1_000, prefix="more")
    before = len(ready(job))

    finish(held[0])

    assert before == len(ready(job)) == LEAST_READY


def test_what_is_urgent_is_the_next_to_be_handed_over(job: LiveJob) -> None:
    make(job, 1_000)
    LiveJob.objects.filter(pk=job.pk).update(priority=Priority.HIGH)
    make(job, 3, prefix="urgent")
    first = ready(job)

    claim(*[task.pk for task in first])

    assert not any(task.dedupe_key.startswith("urgent") for task in first)
    assert {"urgent0", "urgent1", "urgent2"} <= {task.dedupe_key for task in ready(job)}


def test_what_is_paused_makes_room_in_the_queue(job: LiveJob) -> None:
    make(job, 100)
    other = LiveJob.objects.create(
        id=uuid4(), org=job.org, dag=job.dag, name="other", job=job.job, generation=job.generation, operator=job.operator,
        runtime=job.runtime, lease_seconds=60,
    )  # fmt: skip
    make(other, 5)
    assert ready(other) == []

    pause_job(job, now=timezone.now())

    assert (len(ready(job)), len(ready(other))) == (0, 5)
