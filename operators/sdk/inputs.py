"""How an operator reads what its inputs keep as Parquet: `task.inputs`, by the number of the input.

for batch in task.inputs[0].batches(columns=["block_number", "gas_used"]):
    ...

What is read was decided when the attempt began: partitions that are made again meanwhile are another task's to read. Rows come as
they lie in the files, partition by partition in the order of ranges; no more than a group of them is held in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa


class Readable(Protocol):
    def batches(self, columns: Sequence[str] | None = None, *, within: Range | None = None) -> Iterator[pa.RecordBatch]:
        """`columns` alone are fetched, in this order; without a word, all. `within`: rows whose key, the column that partitions
        are ranges of, lies in it. Raises Retry where the store is away, or gives something else than what was pinned.
        """


class InputPartition(Readable, Protocol):
    @property
    def key(self) -> str: ...

    @property
    def range(self) -> Range | None:
        """None of a partition whose key is no range."""

    @property
    def rows(self) -> int: ...

    @property
    def columns(self) -> Sequence[str]:
        """Of its files, in their order. Raises Retry as `batches` does."""

    def differences(self) -> Iterator[tuple[str, str, str]]:
        """Files that are not as the manifest says, read to their last byte: name, what should be there, what is."""


class Input(Readable, Protocol):
    """Reading it is reading all of its partitions, one after the other."""

    @property
    def name(self) -> str:
        """The dataset, or the job and the number of its output."""

    @property
    def partitions(self) -> Sequence[InputPartition]:
        """Empty where nothing was there when the attempt began."""


class Inputs(Protocol):
    def __getitem__(self, number: int) -> Input:
        """Raises ConfigurationError for one that is not kept as Parquet: its events are all that there is of it."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Input]: ...
