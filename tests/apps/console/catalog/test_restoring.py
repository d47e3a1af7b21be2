"""What was superseded is made current again, over HTTP and on its page: first it is said what that replaces, and who does what again."""

from __future__ import annotations

from typing import Any

import pytest

from apps.audit.models import Record
from apps.dags.models import Dag
from apps.datasets.models import Partition, Purge, Version
from apps.dispatch import services as dispatch
from apps.dispatch.domain import Cause
from apps.dispatch.models import Invalidation, Task
from apps.platform.ports.objects import ObjectStore
from tests.apps.datasets.conftest import keeping
from tests.apps.datasets.makers import Attempt, begin, completing, current, parquet_dag, table, whole
from tests.apps.datasets.test_beyond import reading
from tests.apps.dispatch.conftest import keys, signing_keys
from tests.apps.dispatch.makers import arm, claim, finish, publish, say, tasks_of
from tests.apps.runs.makers import browser, post
from tests.factories import NOON, Persona

__all__ = ["keeping", "keys", "signing_keys"]
pytestmark = pytest.mark.django_db
AT = "/v1/datasets/kept_blocks"


@pytest.fixture
def dag(writer: Persona, data_bucket: ObjectStore) -> Dag:
    """Two partitions; the first was made again, with a row less."""
    made, claimed = begin(writer, parquet_dag(), ranges=(0, 19))
    for one in claimed:
        say(one, completing(one, whole(one, data_bucket)))
    first = next(task for task in tasks_of(made, "leaf") if task.partition_key == "0-9")
    (again,) = dispatch.rerun_tasks([first.pk], alone=False, made_by=None)
    (held,) = claim(again.id)
    say(held, completing(held, Attempt(held, data_bucket, "0-9").write(table(0, 8))))
    publish()
    return made


def superseded() -> Partition:
    return Partition.objects.get(superseded_at__isnull=False)


def restore(persona: Persona, piece: Partition, *, status: int = 200, **body: Any) -> Any:
    answer = post(persona, f"{AT}/partitions/{piece.pk}/restore", body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_what_was_superseded_is_what_readers_get_again(writer: Persona, dag: Dag) -> None:
    told = restore(writer, superseded())["piece"]

    assert (told["number"], told["rows"]) == (3, 10)
    assert current() == [("0-9", 3, 10), ("10-19", 1, 10)]
    version = Version.objects.get()
    assert (version.partitions, version.rows) == (2, 20)
    said = Invalidation.objects.get()
    assert (said.partition_key, said.reason, said.said_by_id) == ("0-9", "correction", writer.person.pk)
    assert Record.objects.get(action="dataset.restore").after == {"partition": "0-9", "number": 1}


def test_what_lost_a_file_is_not_restored(writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
    piece = superseded()
    data_bucket.delete([piece.prefix + "part_0.parquet"])

    assert restore(writer, piece, status=409)["code"] == "not_whole"
    assert current() == [("0-9", 2, 9), ("10-19", 1, 10)]


def test_what_is_being_purged_is_not_restored(writer: Persona, dag: Dag) -> None:
    piece = superseded()
    Partition.objects.filter(pk=piece.pk).update(
        purge=Purge.objects.create(output=piece.version.output, begun_at=NOON, begun_in=1)
    )

    assert restore(writer, piece, status=409)["code"] == "not_superseded"
    assert [number for _, number, _ in current()] == [2, 1]


def test_what_readers_get_is_not_restored(writer: Persona, dag: Dag) -> None:
    assert restore(writer, Partition.objects.get(key="10-19"), status=409)["code"] == "not_superseded"
    assert Partition.objects.get(key="10-19").superseded_at is None


def test_who_may_restore(reader: Persona, stranger: Persona, dag: Dag) -> None:
    restore(reader, superseded(), status=403)
    restore(stranger, superseded(), status=404)


class TestWhatIsSaidFirst:
    def test_a_dry_run_says_what_it_replaces_and_changes_nothing(self, writer: Persona, dag: Dag) -> None:
        told = restore(writer, superseded(), dry_run=True)

        assert (told["piece"]["number"], told["piece"]["rows"], told["jobs"]) == (1, 10, [])
        assert [(one["partition"], one["number"], one["rows"]) for one in told["replaces"]] == [("0-9", 2, 9)]
        assert current() == [("0-9", 2, 9), ("10-19", 1, 10)]

    def test_and_restoring_says_what_was_replaced(self, writer: Persona, dag: Dag) -> None:
        (replaced,) = restore(writer, superseded())["replaces"]

        assert (replaced["number"], replaced["superseded_at"] is None) == (2, False)

    def test_the_jobs_that_read_it_are_named_with_their_tasks(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        reads = arm(writer, reading(), name="reads")
        first = next(task for task in tasks_of(dag, "leaf") if task.partition_key == "10-19")
        (again,) = dispatch.rerun_tasks([first.pk], alone=False, made_by=None)
        (held,) = claim(again.id)
        say(held, completing(held, Attempt(held, data_bucket, "10-19").write(table(10, 18))))
        publish()
        finish(claim(tasks_of(reads, "sum")[0].pk)[0])
        old = Partition.objects.get(key="10-19", number=1)

        told = restore(writer, old, dry_run=True)["jobs"]
        page = browser(writer).get(f"/o/{writer.org.slug}/catalog/kept_blocks/partitions/{old.pk}/restoring").text

        assert told == [{"dag": "reads", "job": "sum", "tasks": 1}]
        assert "reads / sum" in page and "Restore (1 task)" in page

    def test_nothing_is_said_of_what_cannot_be_restored(self, writer: Persona, dag: Dag, data_bucket: ObjectStore) -> None:
        assert restore(writer, Partition.objects.get(key="10-19"), dry_run=True, status=409)["code"] == "not_superseded"
        piece = superseded()
        data_bucket.delete([piece.prefix + "part_0.parquet"])
        assert restore(writer, piece, dry_run=True, status=409)["code"] == "not_whole"

    def test_what_it_would_cut_through_is_refused_before(self, writer: Persona, dag: Dag) -> None:
        Partition.objects.filter(key="0-9", superseded_at=None).update(key="5-12", range_start=5, range_end=12)

        assert restore(writer, superseded(), dry_run=True, status=422)["code"] == "range_overlaps"


class TestItsPage:
    def test_shows_what_comes_back_and_what_it_replaces(self, writer: Persona, dag: Dag) -> None:
        pages, at = browser(writer), f"/o/{writer.org.slug}/catalog/kept_blocks"
        piece, now = superseded(), Partition.objects.get(key="0-9", superseded_at=None)
        assert f"/partitions/{piece.pk}/restoring" in pages.get(f"{at}?tab=partitions&key=0-9").text

        page = pages.get(f"{at}/partitions/{piece.pk}/restoring").text

        assert "Comes back" in page and "Is replaced" in page
        assert str(piece.task_id) in page and str(now.task_id) in page and str(now.pk) in page

    def test_restores(self, writer: Persona, dag: Dag) -> None:
        pages, at = browser(writer), f"/o/{writer.org.slug}/catalog/kept_blocks/partitions/{superseded().pk}/restore"
        replaced = Partition.objects.get(key="0-9", superseded_at=None)

        answer = pages.post(at, {"replaces": str(replaced.pk)}, follow=True)

        assert "again as it was" in answer.text and current()[0] == ("0-9", 3, 10)
        assert not Task.objects.filter(cause=Cause.BACKFILL).exists()

    @pytest.mark.parametrize(("replaces", "words"), [("", "Look at what it replaces first"), ("another", "Look again")])
    def test_what_was_made_since_it_was_shown_stays(self, writer: Persona, dag: Dag, replaces: str, words: str) -> None:
        pages, at = browser(writer), f"/o/{writer.org.slug}/catalog/kept_blocks/partitions/{superseded().pk}/restore"
        given = {"replaces": str(Partition.objects.get(key="10-19").pk) if replaces else replaces}

        assert words in pages.post(at, given, follow=True).text
        assert current()[0] == ("0-9", 2, 9)

    def test_of_what_is_gone_one_comes_back_with_words(self, writer: Persona, dag: Dag) -> None:
        at = f"/o/{writer.org.slug}/catalog/kept_blocks/partitions/{dag.pk}/restoring"

        assert "may have been purged" in browser(writer).get(at, follow=True).text
