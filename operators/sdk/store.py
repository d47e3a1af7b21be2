"""How an operator writes partitions: `task.store`.

with task.store.partition(0, range=Range(0, 999), key="block_number") as partition:
    for table in tables:
        partition.write(table)

Files are named by the platform, and a large one is followed by another. Who names them writes each in one go:
`partition.file("ethereum__blocks__0_to_999.parquet", tables)`.

Nobody reads a partition before the task has completed; the platform tells who listens of it then, so nothing is emitted.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from operators.sdk.parquet import Compression, MostRows
from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa

    from operators.sdk.manifest import File

MOST_FILE_BYTES = 512 * 1024 * 1024


class Partition(Protocol):
    """Of one partition, written from nothing: what it held before is replaced as a whole."""

    def write(self, rows: pa.Table | pa.RecordBatch) -> None:
        """As often as need be; every time with the columns and types of the first. Raises InputError for what does not fit."""

    def file(self, name: str, rows: Iterable[pa.Table | pa.RecordBatch]) -> File:
        """A file of that name with these rows, as it lies there when this returns. It is not split: raises FileTooLarge."""


class Store(Protocol):
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
    ) -> AbstractContextManager[Partition]:
        """A partition is named by its range or by a key that is none. `key` is the column that a range is of: a whole number,
        never null, never outside. Groups are smaller than
        asked for where their rows are so wide that they would take over 64 MB. Left by an exception, nothing of it counts. A store that is away raises Retry.
        """
