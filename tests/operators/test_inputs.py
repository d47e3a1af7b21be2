"""What a task reads: the columns that it wants, of the rows that it wants, as they were pinned, or a word why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow.fs import LocalFileSystem

from operators.sdk import ranged
from operators.sdk.errors import ConfigurationError, InputError, Retry
from operators.sdk.inputs import Readable
from operators.sdk.reading import KeptPartition
from operators.sdk.recorded_inputs import RecordedInputs
from operators.sdk.task import Range


def rows(start: int, end: int, **more: Any) -> pa.Table:
    numbers = range(start, end + 1)
    return pa.table({"n": pa.array(numbers, pa.int64()), "text": [f"v{one}" for one in numbers], **more})


def large(start: int = 0, end: int = 399_999) -> pa.Table:
    """Several groups, and far more than is fetched in one go: the text cannot be compressed."""
    noise = pa.array([one.to_bytes(8, "big").hex() * 2 for one in range(start, end + 1)])
    hard = pc.cast(pc.random(end - start + 1, initializer=7), pa.float64())
    return pa.table({"n": pa.array(range(start, end + 1), pa.int64()), "noise": noise, "hard": hard})


def numbers(source: Readable, **said: Any) -> list[int]:
    return [one for batch in source.batches(["n"], **said) for one in batch.column("n").to_pylist()]


def kept(inputs: RecordedInputs, number: int = 0, partition: int = 0) -> KeptPartition:
    found = inputs[number].partitions[partition]
    assert isinstance(found, KeptPartition)
    return found


def file_of(partition: KeptPartition) -> Path:
    return Path(partition.pinned.prefix) / partition.pinned.files[0].name


class TestAnInput:
    def test_is_read_partition_by_partition(self) -> None:
        inputs = RecordedInputs({Range(0, 9): rows(0, 9), Range(10, 19): rows(10, 19)}, {"odd": rows(1, 1)})

        assert [(one.key, one.range, one.rows) for one in inputs[0].partitions] == [
            ("0-9", Range(0, 9), 10), ("10-19", Range(10, 19), 10),
        ]  # fmt: skip
        assert numbers(inputs[0]) == list(range(20))
        assert numbers(inputs[0].partitions[1]) == list(range(10, 20))
        assert [(one.key, one.range) for one in inputs[1].partitions] == [("odd", None)]

    def test_gives_the_columns_that_are_asked_for_in_their_order(self) -> None:
        inputs = RecordedInputs({Range(0, 1): rows(0, 1)})

        (batch,) = inputs[0].batches(["text", "n"])
        (whole,) = inputs[0].batches()

        assert batch.to_pydict() == {"text": ["v0", "v1"], "n": [0, 1]}
        assert whole.schema.names == ["n", "text"]

    def test_names_the_columns_that_are_not_there(self) -> None:
        with pytest.raises(InputError, match="no column other in what this task reads; it has n, text"):
            list(RecordedInputs({Range(0, 1): rows(0, 1)})[0].batches(["n", "other"]))

    def test_that_is_none_is_refused_in_words(self) -> None:
        inputs = RecordedInputs({})

        assert (len(inputs), list(inputs[0].partitions), list(inputs[0].batches())) == (1, [], [])
        with pytest.raises(ConfigurationError, match="Input 1 is not kept as Parquet; 0 of this"):
            _ = inputs[1]

    def test_may_have_no_rows(self) -> None:
        assert numbers(RecordedInputs({Range(0, 9): rows(0, 9).slice(0, 0)}, key="n")[0]) == []


class TestARange:
    @settings(deadline=None, max_examples=40)
    @given(
        start=st.integers(0, 60), length=st.integers(0, 60), kind=st.sampled_from([pa.int64(), pa.uint32(), pa.uint64()]),
        sizes=st.lists(st.integers(1, 20), min_size=1, max_size=4),
    )  # fmt: skip
    def test_gives_its_rows_and_no_others(self, start: int, length: int, kind: pa.DataType, sizes: list[int]) -> None:
        ends = [sum(sizes[: number + 1]) for number in range(len(sizes))]
        ranges = [Range(end - size, end - 1) for size, end in zip(sizes, ends, strict=True)]
        made: dict[Range | str, pa.Table] = {
            one: pa.table({"n": pa.array(range(one.start, one.end + 1), kind)}) for one in ranges
        }

        found = numbers(RecordedInputs(made, key="n")[0], within=Range(start, start + length))

        assert found == [one for one in range(ends[-1]) if start <= one <= start + length]

    def test_beyond_63_bits_is_compared_exactly(self) -> None:
        table = pa.table({"n": pa.array([2**63 - 1, 2**63 - 2], pa.uint64())})

        assert numbers(RecordedInputs({"x": table}, key="n")[0], within=Range(2**63 - 1, 2**63 - 1)) == [2**63 - 1]

    def test_of_a_partition_without_a_key_is_refused_in_words(self) -> None:
        with pytest.raises(InputError, match="names no column that it is a range of"):
            numbers(RecordedInputs({Range(0, 9): rows(0, 9)})[0], within=Range(2, 3))

    def test_leaves_out_the_groups_that_it_does_not_meet(self) -> None:
        inputs = RecordedInputs({Range(0, 399_999): large()}, key="n")

        assert numbers(inputs[0], within=Range(130_000, 130_001)) == [130_000, 130_001]
        assert kept(inputs).count.size_bytes < file_of(kept(inputs)).stat().st_size / 3


class TestWhatIsFetched:
    def test_of_a_large_file_are_its_columns(self) -> None:
        inputs = RecordedInputs({Range(0, 399_999): large()}, key="n")
        size = file_of(kept(inputs)).stat().st_size
        assert size > ranged.WHOLE_BYTES

        assert numbers(inputs[0]) == list(range(400_000))

        assert kept(inputs).count.size_bytes < size / 2
        assert inputs.read == [{"pin": "0-399999", "rows": 400_000, "size_bytes": kept(inputs).count.size_bytes}]

    def test_is_counted_twice_when_it_is_read_twice_and_not_before_it_is(self) -> None:
        inputs = RecordedInputs({Range(0, 9): rows(0, 9)}, {Range(0, 9): rows(0, 9)})
        assert inputs.read == []

        assert numbers(inputs[0]) == numbers(inputs[0])

        size = file_of(kept(inputs)).stat().st_size
        assert inputs.read == [{"pin": "0-9", "rows": 20, "size_bytes": 2 * size}]

    def test_never_holds_more_than_a_group(self) -> None:
        inputs = RecordedInputs({Range(0, 1_999_999): large(0, 1_999_999)})
        size = file_of(kept(inputs)).stat().st_size
        before, most = pa.total_allocated_bytes(), 0

        for batch in inputs[0].batches(["hard"]):
            most = max(most, pa.total_allocated_bytes() - before)
            del batch

        assert most < size / 8, (most, size)

    def test_goes_on_with_other_keys_in_the_middle_of_a_file(self) -> None:
        whole = kept(RecordedInputs({Range(0, 399_999): large()}))
        opened: list[LocalFileSystem] = []

        def renewing() -> LocalFileSystem:
            opened.append(LocalFileSystem())
            return opened[-1]

        partition = KeptPartition(whole.pinned, renewing)

        assert numbers(partition) == list(range(400_000))
        assert len(opened) > 3


class TestWhatIsNotWhatWasPinned:
    @pytest.fixture
    def small(self) -> KeptPartition:
        return kept(RecordedInputs({Range(0, 9): rows(0, 9)}, key="n"))

    def test_is_known_by_its_hash(self, small: KeptPartition) -> None:
        path = file_of(small)
        body = bytearray(path.read_bytes())
        body[len(body) // 2] ^= 1
        path.write_bytes(body)

        with pytest.raises(Retry, match="not what was pinned for this task: its SHA-256"):
            numbers(small)

    def test_is_known_by_its_size(self, small: KeptPartition) -> None:
        path = file_of(small)
        path.write_bytes(path.read_bytes() + b"x")

        with pytest.raises(Retry, match="bytes and should have"):
            numbers(small)

    def test_is_known_by_the_checksum_of_a_page_of_a_large_file(self) -> None:
        partition = kept(RecordedInputs({Range(0, 399_999): large()}))
        path = file_of(partition)
        body = bytearray(path.read_bytes())
        at = body.rindex(b"hard", 0, len(body) - 100)
        body[at - 1_000_000] ^= 1
        path.write_bytes(body)

        with pytest.raises(Retry, match="not what was pinned"):
            list(partition.batches())

    def test_is_to_be_tried_again_when_it_is_away(self, small: KeptPartition) -> None:
        file_of(small).unlink()

        with pytest.raises(Retry, match="does not give"):
            numbers(small)
