"""A task that finds what it reads to be wrong has it made again: what was pinned for it, and nothing else; and not for ever."""

from __future__ import annotations

import pytest

from apps.dispatch.domain import Cause
from apps.dispatch.models import LiveJob, Pin, Task
from apps.dispatch.services.disputing import MOST_A_DAY
from apps.platform.contracts import Claimed, Completion, CompletionAnswer, Ending, TaskError
from apps.platform.ports.objects import ObjectStore
from tests.apps.datasets.conftest import keeping
from tests.apps.datasets.makers import completing, current, whole
from tests.apps.datasets.reading import committed, readers
from tests.apps.dispatch.makers import claim, completed, fence, job_of, publish, say
from tests.factories import Persona

__all__ = ["keeping"]
pytestmark = pytest.mark.django_db


def disputing(claimed: Claimed, *pins: Pin) -> Completion:
    return completed(claimed).model_copy(update={"disputed": [pin.pk for pin in pins]})


def pins_of(claimed: Claimed) -> list[Pin]:
    return list(Pin.objects.of(claimed.task_id).filter(attempt=claimed.attempt).order_by("pk"))


def dispute(claimed: Claimed, *pins: Pin) -> None:
    assert isinstance(say(claimed, disputing(claimed, *pins)), CompletionAnswer)
    publish()


def made_again() -> list[str]:
    return [f"{task.range_start}-{task.range_end}" for task in Task.objects.filter(cause=Cause.BACKFILL).order_by("range_start")]


def waiting() -> list[Claimed]:
    return claim(*Task.objects.filter(cause=Cause.BACKFILL, status="queued").values_list("pk", flat=True))


def test_the_producer_makes_the_partition_again_and_who_reads_it_does_its_part_again(
    writer: Persona, data_bucket: ObjectStore
) -> None:
    dag = committed(writer, data_bucket, ranges=(0, 19))
    first, second = readers(dag)
    say(second, completed(second))
    dispute(first, *pins_of(first))
    assert made_again() == ["0-9"]

    (again,) = waiting()
    assert isinstance(say(again, completing(again, whole(again, data_bucket))), CompletionAnswer)
    publish()

    assert current() == [("0-9", 2, 10), ("10-19", 1, 10)]
    assert [pin.key for one in readers(dag) for pin in pins_of(one)] == ["0-9"]


def test_what_was_pinned_for_another_task_is_not_its_to_dispute(writer: Persona, data_bucket: ObjectStore) -> None:
    dag = committed(writer, data_bucket, ranges=(0, 19))
    first, second = readers(dag)
    dispute(first, *pins_of(second))

    assert made_again() == []


def test_what_was_made_again_meanwhile_is_left_alone(writer: Persona, data_bucket: ObjectStore) -> None:
    dag = committed(writer, data_bucket, ranges=(0, 9), strategy="Bulk")
    (first,) = readers(dag)
    pins = pins_of(first)
    dispute(first, *pins, *pins)
    assert made_again() == ["0-9"]

    (again,) = waiting()
    say(again, completing(again, whole(again, data_bucket)))
    publish()
    (later,) = readers(dag)
    Pin.objects.filter(pk=pins[0].pk).update(task_id=later.task_id, attempt=later.attempt)
    dispute(later, *pins)

    assert made_again() == ["0-9"]


def test_the_same_partition_is_made_again_a_few_times_a_day_only(writer: Persona, data_bucket: ObjectStore) -> None:
    dag = committed(writer, data_bucket, ranges=(0, 9))
    for _ in range(MOST_A_DAY + 1):
        (reader,) = readers(dag)
        dispute(reader, *pins_of(reader))
        for again in waiting():
            say(again, completing(again, whole(again, data_bucket)))
        publish()

    assert made_again() == ["0-9"] * MOST_A_DAY


def test_a_job_that_is_paused_is_left_alone(writer: Persona, data_bucket: ObjectStore) -> None:
    dag = committed(writer, data_bucket, ranges=(0, 9))
    (reader,) = readers(dag)
    LiveJob.objects.filter(pk=job_of(dag, "leaf").pk).update(paused_at="2026-01-01T00:00:00Z")
    dispute(reader, *pins_of(reader))

    assert made_again() == []


def test_only_a_task_that_completed_disputes(writer: Persona, data_bucket: ObjectStore) -> None:
    (reader,) = readers(committed(writer, data_bucket, ranges=(0, 9)))
    with pytest.raises(ValueError, match="only status Completed"):
        Completion(
            **fence(reader), status=Ending.FAILED, error=TaskError(type="Broken", message="no"), disputed=[pins_of(reader)[0].pk]
        )
