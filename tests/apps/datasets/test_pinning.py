"""What an attempt reads is what was current when it was claimed."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.datasets.models import Version
from apps.dispatch import capabilities, services
from apps.dispatch.domain import rows_between
from apps.dispatch.models import Event, Pin, Task
from apps.dispatch.services import Invalid, pinning
from apps.platform.contracts import Claimed, Completion, EventsReport
from apps.platform.contracts.reading import ReadPin
from apps.platform.errors import UserError
from apps.platform.ports.objects import ObjectStore
from operators.sdk.words import Reason
from tests.apps.dags.makers import manual
from tests.apps.datasets.makers import completing, leaves, parquet_dag, whole
from tests.apps.datasets.reading import commit, committed, pinned, readers, reading_dag
from tests.apps.dispatch.makers import (
    arm,
    claim,
    claim_one,
    completed,
    event,
    failed,
    fence,
    finish,
    job_of,
    publish,
    say,
    start,
    tasks_of,
)
from tests.factories import Persona

pytestmark = pytest.mark.django_db


class TestATaskOfAPartition:
    def test_reads_that_partition(self, writer: Persona, data_bucket: ObjectStore) -> None:
        dag = committed(writer, data_bucket, ranges=(0, 24))

        assert [pinned(one) for one in readers(dag)] == [[("0-9", 1)], [("10-19", 1)], [("20-24", 1)]]

    def test_is_told_what_it_reads(self, writer: Persona, data_bucket: ObjectStore) -> None:
        (claimed,) = readers(committed(writer, data_bucket, ranges=(0, 9)))

        (told,) = claimed.task.inputs
        (version,) = told.versions
        made = Version.objects.get(partitions__gt=0)
        assert (told.input, told.name) == (0, "leaf[0]")
        assert (version.dataset_version, version.partitions, version.rows) == (made.pk, 1, 10)
        assert version.size_bytes == made.size_bytes

    def test_reads_what_took_its_place_since_it_was_made(self, writer: Persona, data_bucket: ObjectStore) -> None:
        dag = committed(writer, data_bucket, ranges=(0, 9))
        (waits,) = tasks_of(dag, "reader")
        for leaf in leaves(dag, (0, 9)):
            say(leaf, completing(leaf, whole(leaf, data_bucket)))  # committed, and not routed

        assert pinned(claim_one(waits.pk)) == [("0-9", 2)]

    def test_goes_on_with_what_it_pinned(self, writer: Persona, data_bucket: ObjectStore) -> None:
        dag = committed(writer, data_bucket, ranges=(0, 9))
        (claimed,) = readers(dag)

        commit(dag, data_bucket, (0, 9))

        assert pinned(claimed) == [("0-9", 1)]
        finish(claimed)
        assert [pinned(one) for one in readers(dag)] == [[("0-9", 2)]]

    def test_pins_anew_with_every_attempt(self, writer: Persona, data_bucket: ObjectStore) -> None:
        dag = committed(writer, data_bucket, ranges=(0, 9))
        (first,) = readers(dag)
        for leaf in leaves(dag, (0, 9)):
            say(leaf, completing(leaf, whole(leaf, data_bucket)))
        say(first, failed(first))
        services.retry_tasks([first.task_id])

        again = claim_one(first.task_id)

        assert (again.attempt, pinned(first), pinned(again)) == (2, [("0-9", 1)], [("0-9", 2)])


class TestAJobWithTwoInputs:
    def test_reads_of_the_other_one_what_is_there_for_its_scope(self, writer: Persona, data_bucket: ObjectStore) -> None:
        dag = arm(writer, two_inputs(), name="kept")
        commit(dag, data_bucket, (0, 19))
        (first, _) = claim(*[task.pk for task in tasks_of(dag, "other")])
        say(first, completing(first, whole(first, data_bucket)))
        publish()

        by_input = [sorted(by_inputs(one)) for one in readers(dag) if one.task.arrived[0].event.start == 0]

        assert by_input == [[(0, "0-9"), (1, "0-9")]]

    def test_also_when_one_of_them_is_corrected(self, writer: Persona, data_bucket: ObjectStore) -> None:
        dag = arm(writer, two_inputs(), name="kept")
        commit(dag, data_bucket, (0, 19))
        for one in claim(*[task.pk for task in tasks_of(dag, "other")]):
            say(one, completing(one, whole(one, data_bucket)))
        publish()
        for one in readers(dag):
            finish(one)
        publish()

        _invalidate(dag, 5, 8)

        (again,) = readers(dag)
        assert sorted(by_inputs(again)) == [(0, "0-9"), (1, "0-9")]

    def test_also_when_the_other_one_is_made_again_before_the_correction_is_done(
        self, writer: Persona, data_bucket: ObjectStore
    ) -> None:
        dag = arm(writer, two_inputs(), name="kept")
        commit(dag, data_bucket, (0, 9))
        (other,) = claim(*[task.pk for task in tasks_of(dag, "other")])
        say(other, completing(other, whole(other, data_bucket)))
        publish()
        for one in readers(dag):
            finish(one)
        publish()
        _invalidate(dag, 5, 8)
        (rerun,) = services.rerun_tasks([other.task_id], alone=False, made_by=None)
        (again,) = claim(rerun.id)
        say(again, completing(again, whole(again, data_bucket)))
        publish()

        (claimed,) = readers(dag)

        pins = Pin.objects.of(claimed.task_id).order_by("input").values_list("input", "key", "number")
        assert list(pins) == [(0, "0-9", 1), (1, "0-9", 2)]


def by_inputs(claimed: Claimed) -> list[tuple[int, str]]:
    return list(Pin.objects.of(claimed.task_id).filter(attempt=claimed.attempt).values_list("input", "key"))


def two_inputs() -> str:
    """`other` works on the chunks of `leaf`; `reader` reads both."""
    text = reading_dag()
    at = text.index("  - name: leaf")
    leaf = text[at : text.index("  - name: reader")]
    other = leaf.replace("name: leaf", "name: other")
    reads = "[{ from: { job: leaf } }, { from: { job: other } }]"
    text = text.replace(leaf, leaf + other).replace("[{ from: { job: leaf } }]", reads)
    return text.rstrip() + "\n  others: { from: { job: other } }\n"


def test_what_is_being_purged_is_not_begun_to_be_read(writer: Persona, data_bucket: ObjectStore) -> None:
    dag = committed(writer, data_bucket, ranges=(0, 9))
    Version.objects.update(purged_at=timezone.now())

    assert [pinned(one) for one in readers(dag)] == [[]]


def test_a_bulk_job_reads_all_that_is_current(writer: Persona, data_bucket: ObjectStore) -> None:
    dag = committed(writer, data_bucket, ranges=(0, 24), strategy="Bulk")
    (first,) = readers(dag)
    finish(first)
    commit(dag, data_bucket, (10, 19))

    (second,) = readers(dag)

    assert pinned(first) == [("0-9", 1), ("10-19", 1), ("20-24", 1)]
    assert pinned(second) == [("0-9", 1), ("10-19", 2), ("20-24", 1)]


def test_a_range_that_cuts_through_partitions_reads_them_whole(writer: Persona, data_bucket: ObjectStore) -> None:
    dag = committed(writer, data_bucket, ranges=(0, 39), strategy="PerUpdate")
    for _ in range(4):
        (one,) = readers(dag)
        finish(one)
        publish()
    _invalidate(dag, 15, 20)

    (again,) = readers(dag)

    assert (again.task.arrived[0].event.start, again.task.arrived[0].event.end) == (15, 20)
    assert pinned(again) == [("10-19", 1), ("20-29", 1)]


def test_an_invalidation_has_the_partition_read_again(writer: Persona, data_bucket: ObjectStore) -> None:
    dag = committed(writer, data_bucket, ranges=(0, 29))
    for one in readers(dag):
        finish(one)
    _invalidate(dag, 12, 13)

    (again,) = readers(dag)

    assert again.task.arrived[0].invalidation == "correction"
    assert pinned(again) == [("10-19", 1)]


def test_what_is_gone_is_an_input_without_partitions(writer: Persona, data_bucket: ObjectStore) -> None:
    dag = committed(writer, data_bucket, ranges=(0, 9))
    Version.objects.get(partitions__gt=0).pieces.update(superseded_at=timezone.now())

    (claimed,) = readers(dag)

    assert (pinned(claimed), claimed.task.inputs[0].versions) == ([], [])


def test_a_task_that_is_run_again_under_another_version_reads_that_version(writer: Persona, data_bucket: ObjectStore) -> None:
    dag = committed(writer, data_bucket, ranges=(0, 9))
    (claimed,) = readers(dag)
    finish(claimed)
    old = Version.objects.get(partitions__gt=0)
    Version.objects.filter(pk=old.pk).update(partitions=0)  # nobody has anything to lose: it takes over at once
    arm(writer, reading_dag(seconds=1), name="kept")
    commit(dag_now := type(dag).objects.get(pk=dag.pk), data_bucket, (0, 9))
    for one in readers(dag_now):
        finish(one)

    (again,) = services.rerun_tasks([claimed.task_id], alone=True, made_by=None)
    publish()

    pin = Pin.objects.get(task_id=claim_one(again.id).task_id)
    assert pin.version_id != old.pk
    assert pin.version_id == Version.objects.get(partitions=1).pk


def test_a_task_that_reads_nothing_costs_no_statement_more(writer: Persona) -> None:
    dag = arm(writer, manual())
    for first in (0, 10, 20):
        start(dag, block_range=(first, first + 9))

    counts = []
    for task in tasks_of(dag, "chunks"):
        services.facts(task.version_job_id)
        with CaptureQueriesContext(connection) as asked:
            services.give([task.pk], worker_id="worker@tests")
        counts.append(len(asked))

    # The claim, and what its holder is told; now and then a connection forgets its plans first.
    assert min(counts) == 2


def test_more_than_an_attempt_can_hold_is_refused_in_words(
    writer: Persona, data_bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    dag = committed(writer, data_bucket, ranges=(0, 29), strategy="Bulk")
    monkeypatch.setattr(pinning, "MOST_PINS", 2)
    monkeypatch.setattr("apps.dispatch.services.orders.MOST_PINS", 2)

    assert readers(dag) == []

    (task,) = tasks_of(dag, "reader")
    assert task.error
    assert (task.status, task.error["type"], task.next_retry_at) == ("failed", "too_many_partitions", None)
    assert Pin.objects.filter(task_id=task.pk).count() == 3


class TestWhatWasRead:
    def test_is_kept_with_the_end_of_the_attempt(self, writer: Persona, data_bucket: ObjectStore) -> None:
        (claimed,) = readers(committed(writer, data_bucket, ranges=(0, 9)))
        pin = Pin.objects.get(task_id=claimed.task_id)

        say(claimed, _with(completed(claimed), ReadPin(pin=pin.pk, rows=7, size_bytes=123)))

        pin.refresh_from_db()
        assert (pin.read_rows, pin.read_bytes) == (7, 123)

    def test_is_not_told_of_another_tasks_pins(self, writer: Persona, data_bucket: ObjectStore) -> None:
        first, second = readers(committed(writer, data_bucket, ranges=(0, 19)))
        theirs = Pin.objects.get(task_id=second.task_id)

        say(first, _with(completed(first), ReadPin(pin=theirs.pk, rows=7, size_bytes=123)))

        theirs.refresh_from_db()
        assert theirs.read_rows is None
        assert Task.objects.get(pk=first.task_id).status == "completed"


class TestAWordOfWhatIsNotCommitted:
    @pytest.mark.parametrize(
        "scope", [{"start": 0, "end": 9}, {"partition_key": "x"}, {"cursor": 9}, {}], ids=["range", "key", "cursor", "signal"]
    )
    def test_is_refused_of_an_output_that_is_kept_as_files(
        self, writer: Persona, data_bucket: ObjectStore, scope: dict[str, Any]
    ) -> None:
        dag = arm(writer, parquet_dag(), name="kept")
        (leaf,) = leaves(dag, (0, 9))

        answer = say(leaf, completed(leaf, event(leaf, **scope)))

        assert isinstance(answer, UserError)
        assert (answer.status, answer.code) == (422, "not_committed")
        assert Task.objects.get(pk=leaf.task_id).status == "running"

    def test_is_refused_midway_as_well(self, writer: Persona, data_bucket: ObjectStore) -> None:
        dag = arm(writer, parquet_dag(), name="kept")
        (leaf,) = leaves(dag, (0, 9))
        said = EventsReport(**fence(leaf), sequence=1, events=[event(leaf, start=0, end=9)])

        (answer,) = services.report([(said, capabilities.read(leaf.capability_token, now=timezone.now()))])

        assert isinstance(answer, UserError)
        assert answer.code == "not_committed"

    def test_of_what_is_committed_with_it_it_is_the_same_event(self, writer: Persona, data_bucket: ObjectStore) -> None:
        dag = arm(writer, parquet_dag(), name="kept")
        (leaf,) = leaves(dag, (0, 9))
        said = completing(leaf, whole(leaf, data_bucket)).model_copy(update={"events": [event(leaf, start=0, end=9)]})

        say(leaf, said)

        assert Event.objects.filter(task_id=leaf.task_id).count() == 1


def _with(completion: Completion, *read: ReadPin) -> Completion:
    return completion.model_copy(update={"read": list(read)})


def _invalidate(dag: Any, first: int, last: int) -> None:
    job = job_of(dag, "leaf")
    services.write_invalidations([Invalid(dag.org_id, job.pk, 0, job.generation, rows_between(first, last), Reason.CORRECTION)])
    publish()
