"""The one `Inputs` there is: a real task and the testing kit differ in where a partition lies, and in nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from operators.sdk.errors import ConfigurationError, InputError, Retry
from operators.sdk.inputs import Input
from operators.sdk.manifest import File, Manifest
from operators.sdk.parquet_groups import groups
from operators.sdk.partition_files import MANIFEST
from operators.sdk.ranged import Differs, Opening, RangedFile
from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there


# What is read of a file to know its hash, at once.
PIECE_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Pinned:
    """A partition as it was when the attempt began. `prefix` ends with a slash."""

    pin: str
    version: str
    key: str
    range: Range | None
    rows: int
    prefix: str
    manifest_sha256: str
    # Of the column that ranges are of; None where there is none, or no rows.
    keys: Range | None
    files: tuple[File, ...]

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Pinned:
        """As the contract has it."""
        return cls(
            told["pin"], told["dataset_version"], told["key"], _range(told["start"], told["end"]), told["rows"],
            told["prefix"].removeprefix("s3://"), told["manifest_sha256"], _range(told["key_min"], told["key_max"]),
            tuple(File(one["name"], one["size_bytes"], one["sha256"], one["rows"]) for one in told["files"]),
        )  # fmt: skip


def _range(start: Any, end: Any) -> Range | None:
    return None if start is None or end is None else Range(int(start), int(end))


@dataclass
class Count:
    """What was read of a partition: rows that the operator was handed, and bytes that were fetched for them."""

    rows: int = 0
    size_bytes: int = 0


@dataclass
class KeptPartition:
    """An `InputPartition`."""

    pinned: Pinned
    opening: Opening
    count: Count = field(default_factory=Count)

    @property
    def key(self) -> str:
        return self.pinned.key

    @property
    def range(self) -> Range | None:
        return self.pinned.range

    @property
    def rows(self) -> int:
        return self.pinned.rows

    @property
    def columns(self) -> Sequence[str]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        file = self.pinned.files[0]
        try:
            with RangedFile(self.opening, self.pinned.prefix + file.name, file) as source:
                return list(pq.read_schema(source).names)
        except OSError as error:
            raise Retry(f"The object store does not give {self.pinned.prefix} just now: {error}") from error
        except pa.ArrowInvalid as error:
            raise Differs(self.pinned.prefix, str(error)) from error

    def differences(self) -> Iterator[tuple[str, str, str]]:
        for name, digest in ((MANIFEST, self.pinned.manifest_sha256), *((file.name, file.sha256) for file in self.pinned.files)):
            found = self._digest(name)
            if found != digest:
                yield name, f"with SHA-256 {digest}", f"with SHA-256 {found}" if found else "is not there"

    def _digest(self, name: str) -> str:
        """Piece by piece; empty where there is no such file."""
        digest = sha256()
        try:
            with self.opening().open_input_stream(self.pinned.prefix + name) as stream:
                while piece := stream.read(PIECE_BYTES):
                    digest.update(piece)
                    self.count.size_bytes += len(piece)
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise Retry(f"The object store does not give {self.pinned.prefix} just now: {error}") from error
        return digest.hexdigest()

    def batches(self, columns: Sequence[str] | None = None, *, within: Range | None = None) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        if within is not None and self.pinned.keys is not None and not _meet(within, self.pinned.keys):
            return
        try:
            key = self._key_column(within)
            for file in self.pinned.files:
                yield from self._of_file(file, columns, within if key else None, key)
        except OSError as error:
            # Also how pyarrow says that a page is not what its checksum says.
            if "CRC" in str(error):
                raise Differs(self.pinned.prefix, str(error)) from error
            raise Retry(f"The object store does not give {self.pinned.prefix} just now: {error}") from error
        except pa.ArrowInvalid as error:
            raise Differs(self.pinned.prefix, str(error)) from error

    def _of_file(self, file: File, columns: Sequence[str] | None, within: Range | None, key: str) -> Iterator[pa.RecordBatch]:
        with RangedFile(self.opening, self.pinned.prefix + file.name, file) as source:
            try:
                for batch in groups(source, columns, within, key):
                    self.count.rows += batch.num_rows
                    yield batch
            finally:
                self.count.size_bytes += source.fetched

    def _key_column(self, within: Range | None) -> str:
        """Which column to look at; empty where all rows are wanted."""
        if within is None or (self.pinned.keys and within.start <= self.pinned.keys.start and self.pinned.keys.end <= within.end):
            return ""
        with self.opening().open_input_file(self.pinned.prefix + MANIFEST) as file:
            body = file.read()
        self.count.size_bytes += len(body)
        if sha256(body).hexdigest() != self.pinned.manifest_sha256:
            raise Differs(self.pinned.prefix + MANIFEST, "its SHA-256 is another one")
        key = Manifest.parse(body).key
        if key is None:
            raise InputError(
                f"The partition {self.key} names no column that it is a range of; read it without `within`, and filter its rows."
            )
        return key


def _meet(one: Range, other: Range) -> bool:
    return one.start <= other.end and other.start <= one.end


# The partitions of an input, in order; asked for when somebody looks.
Listing = Callable[[], Iterator[KeptPartition]]


@dataclass
class KeptInput:
    """An `Input`."""

    name: str
    listing: Listing

    @cached_property
    def partitions(self) -> Sequence[KeptPartition]:
        return tuple(self.listing())

    def batches(self, columns: Sequence[str] | None = None, *, within: Range | None = None) -> Iterator[pa.RecordBatch]:
        for partition in self.partitions:
            yield from partition.batches(columns, within=within)

    @property
    def counts(self) -> Iterator[tuple[Pinned, Count]]:
        """Of those that were looked for; to ask must not list them."""
        for partition in self.__dict__.get("partitions", ()):
            yield partition.pinned, partition.count


class KeptInputs:
    """An `Inputs`."""

    def __init__(self, inputs: Mapping[int, KeptInput]) -> None:
        self._inputs = inputs

    def __getitem__(self, number: int) -> Input:
        if number not in self._inputs:
            known = ", ".join(map(str, sorted(self._inputs))) or "none"
            raise ConfigurationError(f"Input {number} is not kept as Parquet; {known} of this job's inputs can be read.")
        return self._inputs[number]

    def __len__(self) -> int:
        return len(self._inputs)

    def __iter__(self) -> Iterator[Input]:
        return (self._inputs[number] for number in sorted(self._inputs))

    @property
    def read(self) -> list[dict[str, Any]]:
        """What goes with the completion, as the contract has it."""
        return [
            {"pin": pinned.pin, "rows": count.rows, "size_bytes": count.size_bytes}
            for one in self._inputs.values() for pinned, count in one.counts if count.rows or count.size_bytes
        ]  # fmt: skip
