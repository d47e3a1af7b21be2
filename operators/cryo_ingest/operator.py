from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Protocol

from operators.cryo_ingest import cryo_process
from operators.cryo_ingest.config import CryoIngestConfig
from operators.cryo_ingest.cryo_engine import CryoEngine, refuse_without_cryo
from operators.cryo_ingest.naming import chunks_of, file_name
from operators.cryo_ingest.own import OWN, OwnEngine
from operators.cryo_ingest.shaping import ordered, shaped
from operators.sdk.chain.asking import Asking, Stopped
from operators.sdk.errors import ConfigurationError, NotYet
from operators.sdk.partition_files import FileTooLarge
from operators.sdk.rpc import require_chain
from operators.sdk.store import MOST_FILE_BYTES, Partition
from operators.sdk.task import Range, TaskContext

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

Task = TaskContext[CryoIngestConfig]
MOST_RANGE_BYTES = 2 * 1024 * 1024 * 1024

# Between two looks at a chain that has not come so far.
_LOOK_SECONDS = 15.0


class Engine(Protocol):
    """Fetches rows, and gives none that it has not held against their blocks."""

    def prepare(self, within: Range) -> None:
        """What is read next lies in this range."""

    def read(self, chunk: Range) -> Iterator[pa.Table]:
        """In order, one chunk after the other. Raises Retry and ConfigurationError."""

    def close(self) -> None: ...


Choosing = Callable[[Asking, CryoIngestConfig], Engine]


def best_engine(asking: Asking, config: CryoIngestConfig, *, has_cryo: bool | None = None) -> Engine:
    """Ours where it is as quick, as it asks each provider by itself; cryo for the rest (docs/decisions/0040)."""
    is_there = cryo_process.is_there() if has_cryo is None else has_cryo
    if config.cryo_dataset_name in OWN and not (config.cryo_dataset_name == "traces" and is_there):
        return OwnEngine(asking, config)
    if not is_there:
        refuse_without_cryo(config)
    return CryoEngine(asking, config)


class CryoIngest:
    def __init__(
        self, choose: Choosing = best_engine, *, most_file_bytes: int = MOST_FILE_BYTES, most_range_bytes: int = MOST_RANGE_BYTES
    ) -> None:
        self._choose = choose
        self._most_file, self._most_range = most_file_bytes, most_range_bytes

    def run(self, task: Task) -> None:
        ranges = dict.fromkeys(arrived.event.range for arrived in task.arrived)
        if not ranges or None in ranges:
            raise ConfigurationError("It fetches a range of blocks, and none arrived; give it the output of a range_splitter.")
        chunks = {within: chunks_of(within, task.config.chunk_size) for within in ranges if within is not None}
        with closing(Asking(task, task.rpc(task.config.rpc_pool))) as asking:
            self._run(task, asking, chunks)

    def _run(self, task: Task, asking: Asking, chunks: Mapping[Range, list[Range]]) -> None:
        require_chain(asking.rpc, int(asking.call("eth_chainId"), 16), task.config.chain_id)
        began, rows = time.monotonic(), 0
        for within, pieces in chunks.items():
            _wait_for_the_tip(asking, within)
            with closing(self._choose(asking, task.config)) as engine:
                engine.prepare(within)
                rows += self._fetch(task, engine, within, pieces)
        blocks = sum(within.end - within.start + 1 for within in chunks)
        task.metric("rows", rows)
        task.metric("blocks", blocks)
        task.metric("blocks_per_second", blocks / max(time.monotonic() - began, 1e-6))
        task.metric("requests", asking.requests)
        task.metric("repeated_requests", asking.repeated)

    def _fetch(self, task: Task, engine: Engine, within: Range, chunks: list[Range]) -> int:
        """How many rows. What is left by an exception is published by nobody."""
        rows = size = 0
        total = within.end - within.start + 1
        with task.store.partition(
            0, range=within, key="block_number", compression=task.config.compression, most_file_bytes=self._most_file
        ) as partition:
            for chunk in chunks:
                written = self._write(task, engine, partition, chunk)
                rows, size = rows + written[0], size + written[1]
                self._refuse_large(size, chunk.end - within.start + 1, within)
                task.progress(chunk.end - within.start + 1, total, within.key)
        return rows

    def _write(self, task: Task, engine: Engine, partition: Partition, chunk: Range) -> tuple[int, int]:
        tables = self._tables(task, engine, chunk)
        try:
            file = partition.file(file_name(task.config, chunk), tables)
        except FileTooLarge as error:
            raise ConfigurationError(
                f"The file of {chunk.key} would be larger than the {self._most_file:,} bytes that one may have: set chunk_size below the"
                f" {task.config.chunk_size:,} blocks that it is now, to half of it or less."
            ) from error
        return file.rows, file.size_bytes

    def _tables(self, task: Task, engine: Engine, chunk: Range) -> Iterator[pa.Table]:
        import pyarrow as pa

        tables = (_going_on(task, shaped(table, task.config)) for table in engine.read(chunk))
        if not task.config.sort_by:
            yield from tables
        else:
            # All of a file, which is why files are bounded.
            yield ordered(pa.concat_tables(tables).combine_chunks(), task.config)

    def _refuse_large(self, size: int, blocks: int, within: Range) -> None:
        if size > self._most_range:
            fitting = max(int(blocks * self._most_range / size), 1)
            raise ConfigurationError(
                f"{within.key} makes more than the {self._most_range:,} bytes that one range may have: about {fitting:,} blocks do. Split it"
                f" into such ranges before it comes here (chunk_size of a range_splitter or of the stream); the chunk_size of this job,"
                " which is of files, changes nothing."
            )


def _going_on(task: Task, table: pa.Table) -> pa.Table:
    if task.cancelled:
        raise Stopped
    return table


def _wait_for_the_tip(asking: Asking, within: Range) -> None:
    if (head := asking.head()) < within.end:
        raise NotYet(
            f"The chain is at block {head:,}, and the range {within.key} goes beyond it: it waits for the blocks. A range that ends below the"
            " tip, by the depth that blocks of this chain are replaced to, waits for none.",
            seconds=_LOOK_SECONDS,
        )
