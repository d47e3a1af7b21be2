"""What a task writes: files that are what the manifest says, a mark that comes last, and nothing of what does not fit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.platform import layout
from apps.platform.contracts.storing import PublishedPartition
from operators.sdk import partition_files
from operators.sdk.declaration import Column, Output
from operators.sdk.errors import ConfigurationError, InputError, Retry
from operators.sdk.manifest import Field
from operators.sdk.parquet import GROUP_ROWS, Compression, MostRows
from operators.sdk.partition_files import FileTooLarge
from operators.sdk.recorded_store import RecordedStore
from operators.sdk.storing import Partitions, Slot
from operators.sdk.task import Range
from operators.sdk.words import ColumnType, Storage

WHOLE = Range(0, 999)


def rows(start: int, end: int, **more: Any) -> pa.Table:
    return pa.table({"n": pa.array(range(start, end + 1), pa.int64()), **more})


def written(*tables: pa.Table, within: Range = WHOLE, store: RecordedStore | None = None, **said: Any) -> RecordedStore:
    store = store or RecordedStore()
    with store.partition(0, range=within, key="n", **said) as partition:
        for table in tables:
            partition.write(table)
    return store


def test_what_was_written_is_read_back_and_the_manifest_says_what_it_is() -> None:
    store = written(rows(5, 499), rows(500, 998))
    manifest = store.manifest(0, WHOLE)

    assert store.read(0, WHOLE)["n"].to_pylist() == list(range(5, 999))
    assert (manifest.rows, manifest.key, manifest.key_min, manifest.key_max) == (994, "n", 5, 998)
    assert (manifest.task_id, manifest.attempt, manifest.partition_key) == ("task", 1, "0-999")
    assert list(manifest.schema) == [Field("n", "int64", nullable=True)]
    assert [file.name for file in manifest.files] == ["output_0_0_999.parquet"]


def test_sizes_and_hashes_are_those_of_the_files() -> None:
    store = written(*[rows(n, n + 99, x=[str(n)] * 100) for n in range(0, 1000, 100)], most_file_bytes=1)

    for file in store.manifest(0, WHOLE).files:
        body = (store.folder(0, WHOLE) / file.name).read_bytes()
        assert (len(body), hashlib.sha256(body).hexdigest()) == (file.size_bytes, file.sha256)


def test_the_mark_and_the_manifest_have_the_names_that_the_platform_reads() -> None:
    store = written(rows(0, 9))

    names = {path.name for path in store.folder(0, WHOLE).iterdir()}
    assert names == {"output_0_0_999.parquet", layout.MANIFEST, layout.SUCCESS}
    assert (partition_files.MANIFEST, partition_files.SUCCESS) == (layout.MANIFEST, layout.SUCCESS)


def test_what_is_published_is_what_the_contract_takes_and_names_the_manifest() -> None:
    store = written(rows(0, 9))
    with store.partition(1, partition_key="täg/1") as partition:
        partition.write(rows(0, 0))

    body = (store.folder(0, WHOLE) / layout.MANIFEST).read_bytes()
    first, second = store.published
    assert (first["start"], first["end"], first["manifest_sha256"]) == ("0", "999", hashlib.sha256(body).hexdigest())
    assert second["partition_key"] == "täg/1"
    ids = {"dataset_uuid": "0" * 32, "dataset_version": "1" * 32}
    assert [PublishedPartition.model_validate(one | ids).key for one in store.published] == ["0-999", "täg/1"]


def test_a_file_ends_where_the_next_group_might_not_fit() -> None:
    store = written(rows(0, 999), most_file_bytes=1, most_rows=MostRows(group=100))

    files = store.manifest(0, WHOLE).files
    assert [file.name for file in files][:2] == ["output_0_0_999.parquet", "output_0_0_999_2.parquet"]
    assert [file.rows for file in files] == [100] * 10
    assert store.read(0, WHOLE)["n"].to_pylist() == list(range(1000))


@settings(deadline=None, max_examples=30)
@given(cuts=st.lists(st.integers(0, 3_000), max_size=12))
def test_however_the_rows_come_the_groups_and_the_bytes_are_the_same(cuts: list[int]) -> None:
    edges = sorted({0, 3_000, *cuts})
    whole = Range(0, 2_999)
    parts = [rows(start, end - 1) for start, end in pairwise(edges)]

    found = written(*parts, within=whole).manifest(0, whole)

    assert found.files == written(rows(0, 2_999), within=whole).manifest(0, whole).files


def test_groups_are_of_the_size_that_readers_skip_by() -> None:
    whole = Range(0, 299_999)
    store = written(*[rows(n, n + 9_999) for n in range(0, 300_000, 10_000)], within=whole)

    found = pq.ParquetFile(store.folder(0, whole) / "output_0_0_299999.parquet").metadata
    sizes = [found.row_group(number).num_rows for number in range(found.num_row_groups)]
    assert sizes == [GROUP_ROWS, GROUP_ROWS, 300_000 - 2 * GROUP_ROWS]


def test_a_partition_may_be_empty_and_still_has_its_columns() -> None:
    store = written(rows(0, -1))

    manifest = store.manifest(0, WHOLE)
    assert (manifest.rows, len(manifest.files), manifest.key_min, manifest.key_max) == (0, 1, None, None)
    assert store.read(0, WHOLE).column_names == ["n"]


def test_exact_values_of_a_key_beyond_64_bits_of_sign_are_kept() -> None:
    most = Range(0, 2**63 - 1)
    table = pa.table({"n": pa.array([0, 2**63 - 1], pa.uint64())})

    assert written(table, within=most).manifest(0, most).key_max == 2**63 - 1


REFUSED: dict[str, tuple[Callable[[], pa.Table], str]] = {
    "a value before the range": (lambda: pa.table({"n": [-1, 3]}), "from -1 to 3, beyond the partition 0-999"),
    "a value after the range": (lambda: rows(990, 1000), "beyond the partition"),
    "a key that is null": (lambda: pa.table({"n": pa.array([1, None], pa.int64())}), "holds 1 nulls"),
    "no key": (lambda: pa.table({"m": [1]}), "no column n"),
    "a key that is no whole number": (lambda: pa.table({"n": [1.5]}), "is double"),
    "no columns": (lambda: pa.table({}), "at least one column"),
    "a column twice": (lambda: pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["n", "n"]), "no two of the same name"),
    "what is no table": (lambda: [{"n": 1}], "this is a list"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_belong_in_the_partition_is_refused_and_leaves_no_mark(case: str) -> None:
    make, told = REFUSED[case]
    store = RecordedStore()

    with pytest.raises(InputError, match=told), store.partition(0, range=WHOLE, key="n") as partition:
        partition.write(make())

    assert store.published == []
    assert not (store.folder(0, WHOLE) / layout.SUCCESS).exists()


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (pa.table({"n": pa.array([1], pa.int32())}), "n was int64, and is int32"),
        (rows(1, 1, m=[1]), "were n, and are n, m"),
        (pa.table({"n": [1]}, schema=pa.schema([pa.field("n", pa.int64(), nullable=False)])), "is int64 without nulls"),
    ],
    ids=["type", "column", "nulls"],
)
def test_every_write_has_the_columns_of_the_first(second: pa.Table, told: str) -> None:
    with pytest.raises(InputError, match=told):
        written(rows(0, 0), second)


def test_a_partition_that_nothing_was_written_to_has_no_columns() -> None:
    with pytest.raises(InputError, match="write an empty table"):
        written()


def test_an_attempt_that_ends_between_two_files_leaves_no_mark() -> None:
    store = RecordedStore()

    def fail_in_the_middle() -> None:
        with store.partition(0, range=WHOLE, key="n", most_file_bytes=1, most_rows=MostRows(group=100)) as partition:
            partition.write(rows(0, 899))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle()

    left = {path.name for path in store.folder(0, WHOLE).iterdir()}
    assert "output_0_0_999_8.parquet" in left and not {layout.SUCCESS, layout.MANIFEST} & left
    assert store.published == []


def test_what_is_written_after_the_end_is_refused() -> None:
    store = RecordedStore()
    with store.partition(0, range=WHOLE) as partition:
        partition.write(rows(0, 1))

    with pytest.raises(InputError, match="closed"):
        partition.write(rows(2, 3))


def test_a_partition_is_written_once() -> None:
    store = written(rows(0, 1))

    with pytest.raises(InputError, match="begun by this task before"):
        written(rows(2, 3), store=store)


@pytest.mark.parametrize(
    "named",
    [
        {}, {"range": WHOLE, "partition_key": "a"}, {"range": Range(5, 4)}, {"range": Range(-1, 4)}, {"range": Range(0, 2**63)},
        {"partition_key": ""}, {"partition_key": "a\n"}, {"partition_key": "k" * 201}, {"partition_key": "\ud800"},
    ],
    ids=str,
)  # fmt: skip
def test_what_names_no_partition_is_refused(named: dict[str, Any]) -> None:
    with pytest.raises(InputError), RecordedStore().partition(0, **named):
        pass


BLOCKS = Output(
    "blocks/of é", "Blocks.", Storage.S3,
    columns=(Column("n", ColumnType.INT64, "Number."), Column("hash", ColumnType.HASH, "Hash.", nullable=True)),
)  # fmt: skip


def declared(**columns: Any) -> RecordedStore:
    return written(pa.table(columns), store=RecordedStore([BLOCKS]))


def test_columns_come_in_the_order_and_with_the_nulls_that_are_declared() -> None:
    store = declared(hash=pa.array([b"x" * 32, None], pa.binary(32)), n=[1, 2])

    assert list(store.manifest(0, WHOLE).schema) == [
        Field("n", "int64", nullable=False), Field("hash", "fixed_size_binary[32]", nullable=True),
    ]  # fmt: skip
    assert [file.name for file in store.manifest(0, WHOLE).files] == ["blocks_of_0_999.parquet"]


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"n": [1]}, "without hash"),
        ({"n": [1], "hash": [b"x"], "more": [1]}, "with more"),
        ({"n": pa.array([1], pa.int32()), "hash": [b"x"]}, "declared as int64; int32 is none"),
        ({"n": [1], "hash": ["0x00"]}, "declared as hash; string is none"),
        ({"n": pa.array([None], pa.int64()), "hash": [b"x"]}, "The column n holds nulls"),
    ],
    ids=["without", "with", "type", "text", "null"],
)
def test_what_is_not_as_declared_is_refused(columns: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        declared(**columns)


def test_only_outputs_that_are_kept_as_parquet_are_written() -> None:
    slots = {0: Slot("d", "v", "events", None), 1: Slot("d", "v", "table", "postgres")}
    store = Partitions("task", 1, slots, lambda *_: pytest.fail("it must not be opened"))

    for output, told in ((0, "storage: s3"), (1, "storage: s3"), (2, "no output 2; write to one of 0, 1")):
        with pytest.raises(ConfigurationError, match=told), store.partition(output, range=WHOLE):
            pass


def test_a_store_that_is_away_is_a_matter_of_time() -> None:
    store = RecordedStore()

    def take_it_away() -> None:
        with store.partition(0, range=WHOLE) as partition:
            partition.write(rows(0, 9))
            (store.root / "0").rename(store.root / "gone")

    with pytest.raises(Retry, match="does not take the partition"):
        take_it_away()


@pytest.mark.parametrize("codec", ["zstd", "lz4", "snappy", "gzip", "brotli", "uncompressed"])
def test_every_codec_of_the_config_is_written(codec: Any) -> None:
    store = written(rows(0, 99), compression=Compression(codec=codec))

    found = pq.ParquetFile(store.folder(0, WHOLE) / "output_0_0_999.parquet").metadata.row_group(0).column(0).compression
    assert found.lower() == codec
    assert store.read(0, WHOLE).num_rows == 100


def test_the_folder_goes_with_the_store() -> None:
    store = written(rows(0, 1))
    root = store.root
    del store

    assert not root.exists()


class TestNamedFiles:
    def test_have_their_names_and_their_rows(self) -> None:
        store, rows = RecordedStore(), pa.table({"block_number": pa.array(range(10), pa.uint32())})
        with store.partition(0, range=Range(0, 9), key="block_number") as partition:
            first = partition.file("a__0_to_3.parquet", iter([rows.slice(0, 2), rows.slice(2, 2)]))
            partition.file("a__4_to_9.parquet", [rows.slice(4)])

        manifest = store.manifest(0, Range(0, 9))
        assert [(file.name, file.rows) for file in manifest.files] == [("a__0_to_3.parquet", 4), ("a__4_to_9.parquet", 6)]
        assert first == manifest.files[0]
        assert store.read(0, Range(0, 9)).equals(rows)

    def test_may_have_no_rows_and_stand_beside_others(self) -> None:
        store, rows = RecordedStore(), pa.table({"block_number": pa.array(range(10), pa.uint32())})
        with store.partition(0, range=Range(0, 9), key="block_number") as partition:
            partition.write(rows.slice(0, 5))
            partition.file("empty.parquet", [rows.slice(0, 0)])
            partition.write(rows.slice(5))

        assert [(file.name, file.rows) for file in store.manifest(0, Range(0, 9)).files] == [
            ("output_0_0_9.parquet", 5), ("empty.parquet", 0), ("output_0_0_9_3.parquet", 5),
        ]  # fmt: skip

    def test_are_not_split_where_they_grow_too_large(self) -> None:
        store, rows = RecordedStore(), pa.table({"block_number": pa.array(range(100_000), pa.uint32())})
        with (
            pytest.raises(FileTooLarge, match=r"a\.parquet would be larger than 1,000 bytes"),
            store.partition(0, partition_key="x", most_file_bytes=1_000) as partition,
        ):
            partition.file("a.parquet", [rows])
        assert store.published == []

    @pytest.mark.parametrize("name", ["../a.parquet", "a", "_manifest.json", ".a.parquet", "a/b.parquet", "x.parquet"])
    def test_have_names_that_a_file_may_have_once(self, name: str) -> None:
        store, rows = RecordedStore(), pa.table({"n": [1]})
        with store.partition(0, partition_key="x") as partition:
            partition.file("x.parquet", [rows])
            with pytest.raises(InputError, match="no name of a file"):
                partition.file(name, [rows])
