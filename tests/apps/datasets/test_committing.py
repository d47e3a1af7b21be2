"""A partition is committed with the end of its task, or not at all: what lies in the object store is compared with what is said of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from apps.datasets.models import Dataset, Partition, Version
from apps.datasets.services.verifying import MOST_BYTES
from apps.dispatch.models import Event, Task
from apps.platform.contracts import CompletionAnswer
from apps.platform.contracts.storing import PublishedPartition
from apps.platform.errors import Transient, UserError
from apps.platform.layout import MANIFEST, SUCCESS
from apps.platform.ports.objects import ObjectStore
from operators.sdk.manifest import File, Manifest
from tests.apps.datasets.makers import (
    SCHEMA,
    Attempt,
    begin,
    completing,
    current,
    do,
    key_of,
    leaves,
    parquet_dag,
    table,
    whole,
)
from tests.apps.dispatch.makers import publish, say, say_all
from tests.factories import Persona

pytestmark = pytest.mark.django_db


class TestAPartitionThatIsWhole:
    def test_is_there_with_the_end_of_its_task(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (first, second, third) = begin(writer, parquet_dag(), ranges=(0, 24))

        for claimed in (first, third, second):
            answer = say(claimed, completing(claimed, whole(claimed, data_bucket)))
            assert isinstance(answer, CompletionAnswer), answer

        assert current() == [("0-9", 1, 10), ("10-19", 1, 10), ("20-24", 1, 5)]
        version = Version.objects.get(partitions__gt=0)
        assert (version.partitions, version.rows) == (3, 25)
        assert Dataset.objects.get(name="kept_blocks").output.current == version  # type: ignore[union-attr]

    def test_is_told_of_by_an_event_that_nobody_reported(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))

        say(claimed, completing(claimed, whole(claimed, data_bucket)))

        told = Event.objects.get(task_id=claimed.task_id)
        assert (told.kind, told.range_start, told.range_end, told.materialisation) == ("range", 0, 9, 1)

    def test_is_there_once_however_often_it_is_said(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        completion = completing(claimed, whole(claimed, data_bucket))

        first, again = say(claimed, completion), say(claimed, completion)

        assert (first.replayed, again.replayed) == (False, True)  # type: ignore[union-attr]
        assert current() == [("0-9", 1, 10)]

    def test_may_have_no_rows(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))

        say(claimed, completing(claimed, Attempt(claimed, data_bucket, "0-9").write(SCHEMA.empty_table())))

        assert current() == [("0-9", 1, 0)]

    def test_may_have_a_name_that_is_no_range(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))

        say(claimed, completing(claimed, Attempt(claimed, data_bucket, "día/1").write(table(0, 9))))

        assert current() == [("día/1", 1, 10)]


class TestMadeAgain:
    def test_it_takes_the_place_of_the_one_before(self, writer: Persona, data_bucket: ObjectStore) -> None:
        dag, (first,) = begin(writer, parquet_dag(), ranges=(0, 9))
        say(first, completing(first, whole(first, data_bucket)))
        publish()

        (again,) = leaves(dag, (0, 9))
        say(again, completing(again, whole(again, data_bucket)))

        assert current() == [("0-9", 2, 10)]
        before = Partition.objects.get(number=1)
        assert before.superseded_at is not None
        assert data_bucket.get(before.prefix + SUCCESS) == b""
        assert list(Version.objects.filter(partitions__gt=0).values_list("partitions", "rows")) == [(1, 10)]

    def test_a_range_that_holds_it_whole_takes_its_place(self, writer: Persona, data_bucket: ObjectStore) -> None:
        dag, claimed = begin(writer, parquet_dag(), ranges=(0, 14))
        for one in claimed:
            say(one, completing(one, whole(one, data_bucket)))
        publish()

        for one in leaves(dag, (0, 19)):
            say(one, completing(one, whole(one, data_bucket)))

        assert current() == [("0-9", 2, 10), ("10-19", 1, 10)]
        assert Version.objects.get(partitions__gt=0).rows == 20

    def test_a_range_that_cuts_through_it_is_refused(self, writer: Persona, data_bucket: ObjectStore) -> None:
        dag, claimed = begin(writer, parquet_dag(), ranges=(0, 19))
        for one in claimed:
            say(one, completing(one, whole(one, data_bucket)))
        publish()

        (one,) = leaves(dag, (5, 14))
        answer = say(one, completing(one, whole(one, data_bucket)))

        assert _code(answer) == "range_overlaps"
        assert current() == [("0-9", 1, 10), ("10-19", 1, 10)]


def _code(answer: object) -> str:
    assert isinstance(answer, UserError), answer
    assert answer.status in {403, 422}
    return answer.code


def _first(manifest: Manifest, **changes: Any) -> Manifest:
    return replace(manifest, files=[replace(manifest.files[0], **changes), *manifest.files[1:]])


Lie = Callable[[Manifest], Manifest]
LIES: dict[str, tuple[Lie, str]] = {
    "more bytes": (lambda m: _first(m, size_bytes=m.files[0].size_bytes + 1), "manifest_false"),
    "more bytes than are taken": (lambda m: _first(m, size_bytes=MOST_BYTES + 1), "partition_too_large"),
    "more rows": (lambda m: _first(m, rows=11), "manifest_false"),
    "a file above": (lambda m: _first(m, name="../part_0.parquet"), "manifest_false"),
    "a path": (lambda m: _first(m, name="a/part_0.parquet"), "manifest_false"),
    "its own marker": (lambda m: _first(m, name=SUCCESS), "manifest_false"),
    "a file twice": (lambda m: replace(m, files=[*m.files, *m.files]), "manifest_false"),
    "no files": (lambda m: replace(m, files=[]), "too_many_files"),
    "too many files": (lambda m: replace(m, files=[File(f"{n}", 0, "0" * 64, 0) for n in range(257)]), "too_many_files"),
    "another task": (lambda m: replace(m, task_id="0" * 36), "manifest_of_another"),
    "another attempt": (lambda m: replace(m, attempt=2), "manifest_of_another"),
    "another dataset": (lambda m: replace(m, dataset_uuid="0" * 36), "manifest_of_another"),
    "another range": (lambda m: replace(m, partition_key="0-8"), "manifest_of_another"),
    "another schema": (lambda m: replace(m, schema=m.schema[:1]), "wrong_schema"),
    "another type": (lambda m: replace(m, schema=[replace(m.schema[0], type="int32"), *m.schema[1:]]), "wrong_schema"),
    "smaller keys": (lambda m: replace(m, key_max=5), "manifest_false"),
    "no keys": (lambda m: replace(m, key_min=None, key_max=None), "manifest_false"),
    "keys beyond its range": (lambda m: replace(m, key_max=10), "outside_of_range"),
    "a key that is no column": (lambda m: replace(m, key="height"), "manifest_false"),
}


class TestAManifestThatLies:
    @pytest.mark.parametrize(("lie", "code"), LIES.values(), ids=LIES)
    def test_moves_nothing(self, writer: Persona, data_bucket: ObjectStore, lie: Lie, code: str) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))

        answer = say(claimed, completing(claimed, whole(claimed, data_bucket, change=lie)))

        assert _code(answer) == code
        assert current() == []
        assert Task.objects.get(pk=claimed.task_id).status == "running"
        assert not Event.objects.filter(task_id=claimed.task_id).exists()

    def test_is_refused_where_it_is_not_the_one_that_was_reported(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        said = whole(claimed, data_bucket).model_copy(update={"manifest_sha256": "0" * 64})

        assert _code(say(claimed, completing(claimed, said))) == "manifest_differs"

    @pytest.mark.parametrize(("body", "code"), [(b"{}", "manifest_unreadable"), (b" " * 1_100_000, "manifest_too_large")])
    def test_is_refused_where_it_is_none(self, writer: Persona, data_bucket: ObjectStore, body: bytes, code: str) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        whole(claimed, data_bucket)
        attempt = Attempt(claimed, data_bucket, "0-9")
        data_bucket.put(attempt.place.prefix + MANIFEST, body)

        assert _code(say(claimed, completing(claimed, attempt.published(body)))) == code

    @pytest.mark.parametrize("body", [b"", b"PAR1", b"x" * 5_000, b"PAR1" + b"\xff" * 100 + b"PAR1"])
    def test_names_no_parquet(self, writer: Persona, data_bucket: ObjectStore, body: bytes) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        said = whole(claimed, data_bucket, change=lambda m: _first(m, size_bytes=len(body)))
        data_bucket.put(Attempt(claimed, data_bucket, "0-9").place.prefix + "part_0.parquet", body)

        assert _code(say(claimed, completing(claimed, said))) == "file_unreadable"

    def test_hides_no_row_without_a_key(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        schema = pa.schema([pa.field("block_number", pa.int64()), pa.field("value", pa.string())])
        holed = pa.table({"block_number": [0, None, 9], "value": ["a", "b", "c"]}, schema=schema)

        assert _code(say(claimed, completing(claimed, Attempt(claimed, data_bucket, "0-9").write(holed)))) == "null_key"


class TestAFileWithoutStatistics:
    """Its key column is read: what its rows are is known all the same."""

    @pytest.mark.parametrize(("most", "is_taken"), [(10, True), (9, False)])
    def test_is_read_up_to_a_length_and_its_neighbours_with_it(
        self, writer: Persona, data_bucket: ObjectStore, monkeypatch: pytest.MonkeyPatch, most: int, is_taken: bool
    ) -> None:
        monkeypatch.setattr("apps.datasets.services.verifying.MOST_ROWS_READ", most)
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))

        said = Attempt(claimed, data_bucket, "0-9", statistics=False).write(table(0, 4), table(5, 9))
        answer = say(claimed, completing(claimed, said))

        assert isinstance(answer, CompletionAnswer) if is_taken else _code(answer) == "no_statistics"

    def test_is_committed_where_its_rows_are_what_the_manifest_says(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))

        answer = say(claimed, completing(claimed, Attempt(claimed, data_bucket, "0-9", statistics=False).write(table(0, 9))))

        assert isinstance(answer, CompletionAnswer), answer

    def test_hides_no_row_outside_of_its_range(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        said = Attempt(claimed, data_bucket, "0-9", statistics=False).write(table(0, 12), change=lambda m: replace(m, key_max=9))

        assert _code(say(claimed, completing(claimed, said))) == "manifest_false"

    def test_hides_no_row_without_a_key(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        schema = pa.schema([pa.field("block_number", pa.int64()), pa.field("value", pa.string())])
        holed = pa.table({"block_number": [0, None, 9], "value": ["a", "b", "c"]}, schema=schema)
        said = Attempt(claimed, data_bucket, "0-9", statistics=False).write(holed)

        assert _code(say(claimed, completing(claimed, said))) == "null_key"


class TestATypeThatIsNotTheDeclaredOne:
    def test_is_refused_in_words(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        columns = [{"name": "block_number", "type": "uint32"}, {"name": "value", "type": "text"}]
        Version.objects.filter(pk=claimed.task.outputs[0].dataset_version).update(columns=columns)

        answer = say(claimed, completing(claimed, whole(claimed, data_bucket)))

        assert _code(answer) == "wrong_type"
        assert "`block_number` as int64, and its operator declares uint32" in str(answer)


class TestAnotherSchema:
    def test_is_no_part_of_the_same_version(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (first, second) = begin(writer, parquet_dag(), ranges=(0, 19))
        say(first, completing(first, whole(first, data_bucket)))
        wider = table(10, 19).append_column("more", pa.array(range(10)))

        answer = say(second, completing(second, Attempt(second, data_bucket, key_of(second)).write(wider)))

        assert _code(answer) == "schema_differs"
        assert "more" in str(answer)


class TestWhatIsMissing:
    @pytest.mark.parametrize("name", [SUCCESS, MANIFEST, "part_0.parquet"])
    def test_may_yet_come_and_is_waited_for(self, writer: Persona, data_bucket: ObjectStore, name: str) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        completion = completing(claimed, whole(claimed, data_bucket, leave_out=[name]))

        assert isinstance(say(claimed, completion), Transient)
        assert current() == []

        whole(claimed, data_bucket)
        assert isinstance(say(claimed, completion), CompletionAnswer)
        assert current() == [("0-9", 1, 10)]


class TestSomebodyElses:
    def test_output_is_refused(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        said = whole(claimed, data_bucket).model_copy(update={"dataset_version": claimed.task_id})

        assert _code(say(claimed, completing(claimed, said))) == "foreign_output"

    def test_attempt_is_not_committed_by_a_later_one(self, writer: Persona, data_bucket: ObjectStore) -> None:
        """What attempt 1 wrote lies elsewhere: attempt 2 has to write its own."""
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        said = whole(claimed, data_bucket)
        later = claimed.model_copy(update={"attempt": 2})

        assert Attempt(later, data_bucket, "0-9").place.prefix != Attempt(claimed, data_bucket, "0-9").place.prefix
        assert isinstance(said, PublishedPartition)

    def test_partition_that_overlaps_another_of_the_same_call_is_refused(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        said = [Attempt(claimed, data_bucket, key).write(table(*map(int, key.split("-")))) for key in ("0-9", "5-14")]

        assert _code(say(claimed, completing(claimed, *said))) == "range_overlaps"
        assert current() == []

    def test_schema_in_one_completion_is_refused(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        wider = table(10, 19).append_column("more", pa.array(range(10)))
        said = [whole(claimed, data_bucket), Attempt(claimed, data_bucket, "10-19").write(wider)]

        assert _code(say(claimed, completing(claimed, *said))) == "schema_differs"

    def test_partition_twice_in_one_completion_is_refused(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (claimed,) = begin(writer, parquet_dag(), ranges=(0, 9))
        said = whole(claimed, data_bucket)

        assert _code(say(claimed, completing(claimed, said, said))) == "published_twice"


class TestManyInOneCall:
    def test_one_that_lies_does_not_take_its_neighbours_with_it(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (first, second, third) = begin(writer, parquet_dag(), ranges=(0, 29))
        published = [whole(first, data_bucket), whole(second, data_bucket, leave_out=[MANIFEST]), whole(third, data_bucket)]

        answers = say_all((one, completing(one, said)) for one, said in zip((first, second, third), published, strict=True))

        assert [type(answer) for answer in answers] == [CompletionAnswer, Transient, CompletionAnswer]
        assert current() == [("0-9", 1, 10), ("20-29", 1, 10)]

    def test_one_that_cuts_through_what_is_committed_is_refused_alone(self, writer: Persona, data_bucket: ObjectStore) -> None:
        dag, (first,) = begin(writer, parquet_dag(), ranges=(0, 9))
        do([first], data_bucket)
        second, third = leaves(dag, (5, 24))
        cuts, fits = Attempt(second, data_bucket, "5-14").write(table(5, 14)), whole(third, data_bucket)

        refused, accepted = say_all([(second, completing(second, cuts)), (third, completing(third, fits))])

        assert _code(refused) == "range_overlaps"
        assert isinstance(accepted, CompletionAnswer)

    def test_more_than_a_call_takes_are_to_be_sent_again(self, writer: Persona, data_bucket: ObjectStore) -> None:
        _, (first, second) = begin(writer, parquet_dag(), ranges=(0, 19))
        many = [Attempt(first, data_bucket, f"part {number}").write(table(0, 0)) for number in range(64)]

        accepted, later = say_all([(first, completing(first, *many)), (second, completing(second, whole(second, data_bucket)))])

        assert isinstance(accepted, CompletionAnswer)
        assert isinstance(later, Transient)
