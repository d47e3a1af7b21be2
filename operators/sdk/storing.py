"""The one `Store` there is: a real task and the testing kit differ in where a partition lies, and in nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from operators.sdk.declaration import Column
from operators.sdk.errors import ConfigurationError, InputError
from operators.sdk.manifest import Manifest
from operators.sdk.parquet import Compression, MostRows
from operators.sdk.parquet_files import Place
from operators.sdk.partition_files import PartitionFiles
from operators.sdk.shape import KeyBounds, Shape
from operators.sdk.store import MOST_FILE_BYTES, Partition
from operators.sdk.task import Range
from operators.sdk.wire import is_partition_key
from operators.sdk.words import Keeping, Storage

# Of one completion; the contract's limit.
MOST_PARTITIONS = 64
_ODD = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True)
class Slot:
    """An output as the task may write it. `storage` is empty where it has events alone; `write_mode` is of a table."""

    dataset_uuid: str
    dataset_version: str
    name: str
    storage: str | None
    columns: tuple[Column, ...] = ()
    write_mode: str | None = None

    @property
    def keeping(self) -> Keeping:
        if self.storage == Storage.S3:
            return Keeping.PARTITIONS
        return Keeping(self.write_mode) if self.storage and self.write_mode else Keeping.NOTHING


def slot_of(slots: Mapping[int, Slot], output: int) -> Slot:
    """Raises ConfigurationError for one that the job has not."""
    if output not in slots:
        known = ", ".join(map(str, sorted(slots))) or "none"
        raise ConfigurationError(f"This job has no output {output}; write to one of {known}.")
    return slots[output]


@dataclass(frozen=True)
class Scope:
    """Which partition."""

    range: Range | None
    partition_key: str | None

    @property
    def key(self) -> str:
        return self.range.key if self.range else str(self.partition_key)

    def told(self) -> dict[str, str]:
        """As the contract names it."""
        if self.range:
            return {"start": str(self.range.start), "end": str(self.range.end)}
        return {"partition_key": self.key}


# Asks for the place of one partition of an output.
Opener = Callable[[int, Scope], Place]


@dataclass
class Partitions:
    """A `Store`. `published` is what goes with the completion, as the contract has it."""

    task_id: str
    attempt: int
    slots: Mapping[int, Slot]
    open: Opener
    published: list[dict[str, Any]] = field(default_factory=list)
    _begun: set[tuple[int, str]] = field(default_factory=set)

    @contextmanager
    def partition(
        self,
        output: int,
        *,
        range: Range | None = None,  # noqa: A002  the word of events
        partition_key: str | None = None,
        key: str | None = None,
        compression: Compression | None = None,
        most_file_bytes: int = MOST_FILE_BYTES,
        most_rows: MostRows = MostRows(),  # noqa: B008  it never changes
    ) -> Iterator[Partition]:
        slot, scope = self._slot(output), _scope(range, partition_key)
        self._begin(output, scope)
        files = PartitionFiles(
            self.open(output, scope), _stem(slot.name, scope), Shape(slot.columns), KeyBounds(key, range),
            compression=compression or Compression(), most_file_bytes=most_file_bytes, most_rows=most_rows,
        )  # fmt: skip
        told = Manifest(self.task_id, self.attempt, slot.dataset_uuid, slot.dataset_version, scope.key, (), ())
        try:
            yield files
            digest = files.finish(told)
        finally:
            files.abandon()
        self.published.append(
            {
                "dataset_uuid": slot.dataset_uuid,
                "dataset_version": slot.dataset_version,
                **scope.told(),
                "manifest_sha256": digest,
            }
        )

    def _slot(self, output: int) -> Slot:
        slot = slot_of(self.slots, output)
        if slot.keeping is not Keeping.PARTITIONS:
            raise ConfigurationError(
                f"Output {output} is not kept as Parquet; publish it with `storage: s3`, or emit events of it."
            )
        return slot

    def _begin(self, output: int, scope: Scope) -> None:
        """A second time would write over what the first has published."""
        if (output, scope.key) in self._begun:
            raise InputError(f"The partition {scope.key} of output {output} was begun by this task before; write it in one go.")
        if len(self._begun) >= MOST_PARTITIONS:
            raise InputError(f"A task writes at most {MOST_PARTITIONS:,} partitions; make more tasks of it.")
        self._begun.add((output, scope.key))


def _scope(within: Range | None, partition_key: str | None) -> Scope:
    if (within is None) == (partition_key is None):
        raise InputError("Name a partition by its range, or by a key that is none.")
    if within is not None and not 0 <= within.start <= within.end < 2**63:
        raise InputError(
            f"The range {within.key} is no partition: blocks go from 0 to 2^63 - 1, and the end is not before the start."
        )
    if partition_key is not None and not is_partition_key(partition_key):
        raise InputError("The key of a partition has 1 to 200 characters, none of them a control character or half of one.")
    return Scope(within, partition_key)


def _stem(name: str, scope: Scope) -> str:
    """What a key that is no range may hold, a name of a file may not; its folder is named after it already."""
    plain = _ODD.sub("_", name).strip("_")[:100] or "rows"
    return f"{plain}_{scope.range.start}_{scope.range.end}" if scope.range else plain
