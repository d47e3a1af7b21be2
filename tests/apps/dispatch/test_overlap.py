"""Tasks of one job over overlapping scopes are never under way together, however many it may run at once."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.db import transaction

from apps.dispatch.domain import Cause, Priority, Status
from apps.dispatch.models import LiveJob, Task
from apps.dispatch.services.creating import Wish, create_tasks
from apps.dispatch.services.handing import LEAST_READY, top_up
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim_one, finish, job_of, work
from tests.factories import Persona

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(writer: Persona) -> LiveJob:
    """PerPartition, and nothing limits how many of it run at once."""
    return job_of(arm(writer, manual()), "chunks")


def make(job: LiveJob, *ranges: tuple[int, int], round_: int = 0) -> None:
    make_keys(job, [(f"{start}-{end}", start, end) for start, end in ranges], round_=round_)


def make_keys(job: LiveJob, keys: Iterable[tuple[str, int | None, int | None]], *, round_: int = 0) -> None:
    with transaction.atomic():
        create_tasks([
            Wish(job.pk, f"{key}:{round_}", Cause.EVENT, partition_key=key, start=start, end=end) for key, start, end in keys
        ])  # fmt: skip
        top_up([job.org_id])


def handed(job: LiveJob) -> list[str]:
    live = Task.objects.filter(job_id=job.pk, handed_at__isnull=False, status__in=["queued", "running"])
    return [task.partition_key for task in live.order_by("id")]


def test_a_range_waits_for_one_that_it_overlaps(job: LiveJob) -> None:
    make(job, (0, 99))
    make(job, (50, 149), (150, 249))
    assert handed(job) == ["0-99", "150-249"]

    finish(claim_one(Task.objects.get(partition_key="0-99").pk))

    assert handed(job) == ["150-249", "50-149"] or handed(job) == ["50-149", "150-249"]


@pytest.mark.parametrize("later", [(0, 1_000), (40, 60), (99, 99), (0, 50), (50, 50)])
def test_however_it_overlaps(job: LiveJob, later: tuple[int, int]) -> None:
    make(job, (50, 99))
    make(job, later)

    assert handed(job) == ["50-99"]


def test_neighbours_do_not_overlap(job: LiveJob) -> None:
    make(job, (50, 99))
    make(job, (0, 49), (100, 149))

    assert len(handed(job)) == 3


def test_of_those_that_come_together_each_waits_for_the_one_before(job: LiveJob) -> None:
    make(job, (0, 99), (50, 149), (100, 199), (300, 399))
    seen = [handed(job)]

    while open_ := Task.objects.filter(job_id=job.pk, status=Status.QUEUED, handed_at__isnull=False):
        work(list(open_))
        seen.append(handed(job))

    assert seen[0] == ["0-99", "300-399"]
    assert seen[-1] == [] and not Task.objects.filter(job_id=job.pk).exclude(status=Status.COMPLETED).exists()


def test_the_same_partition_again_waits_for_the_one_that_runs_and_holds_up_nobody(job: LiveJob) -> None:
    LiveJob.objects.filter(pk=job.pk).update(max_concurrency=2)
    make_keys(job, [("uniswap", 0, 9)])
    held = claim_one(Task.objects.get(partition_key="uniswap").pk)
    make_keys(job, [("uniswap", 0, 9), ("sushi", 0, 9)], round_=1)

    assert handed(job) == ["uniswap", "sushi"]

    finish(held)
    assert sorted(handed(job)) == ["sushi", "uniswap"]


def test_the_urgent_one_goes_first(job: LiveJob) -> None:
    make(job, (0, 99))
    make(job, (50, 149), (140, 200), (300, 399))
    Task.objects.filter(partition_key="140-200").update(priority=Priority.HIGH)

    finish(claim_one(Task.objects.get(partition_key="0-99").pk))

    assert handed(job) == ["140-200", "300-399"], "and the one that it meets waits for it"


def test_one_that_waits_is_not_passed_by_what_meets_it(job: LiveJob) -> None:
    make(job, (0, 99))
    make(job, (50, 149))
    make(job, (120, 130))

    assert handed(job) == ["0-99"]


def test_a_range_that_was_asked_for_by_hand_is_kept_apart_too(job: LiveJob) -> None:
    make_keys(job, [("", 0, 99)])
    make_keys(job, [("", 50, 149)], round_=1)

    assert len(handed(job)) == 1


def test_a_job_that_may_take_few_leaves_its_places_to_others(writer: Persona) -> None:
    """They are counted once it is known which tasks of each job may go."""
    dag = arm(writer, manual())
    narrow, wide = job_of(dag, "chunks"), job_of(dag, "start")
    LiveJob.objects.filter(pk=narrow.pk).update(max_concurrency=2)
    make(narrow, *((at, at) for at in range(LEAST_READY)))
    make_keys(wide, [(f"k{number}", None, None) for number in range(LEAST_READY)])

    assert len(handed(narrow)) == 2 and len(handed(wide)) >= LEAST_READY - 2


def test_one_that_failed_gives_way_until_it_is_tried_again(job: LiveJob) -> None:
    make(job, (0, 99))
    Task.objects.update(status=Status.FAILED, next_retry_at="2100-01-01T00:00:00Z")

    make(job, (50, 149))

    assert handed(job) == ["50-149"]
