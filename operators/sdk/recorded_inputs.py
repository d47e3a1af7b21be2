"""Inputs of the testing kit: tables that a test hands over, written to a temporary folder as a task writes them, and read from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from operators.sdk.partition_files import MANIFEST
from operators.sdk.reading import KeptInput, KeptInputs, KeptPartition, Pinned
from operators.sdk.recorded_store import RecordedStore
from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem

# Of one input: partitions by their range, or by a key that is none.
Tables: TypeAlias = "Mapping[Range | str, pa.Table]"


class RecordedInputs(KeptInputs):
    """Of each input in its place. `key` is the column that ranges are of."""

    def __init__(self, *inputs: Tables, key: str | None = None) -> None:
        store = RecordedStore()
        super().__init__(
            {
                number: KeptInput(f"input[{number}]", partial(_all_written, store, number, tables, key))
                for number, tables in enumerate(inputs)
            }
        )


def _all_written(store: RecordedStore, number: int, tables: Tables, key: str | None) -> Iterator[KeptPartition]:
    return (_written(store, number, scope, table, key) for scope, table in tables.items())


def _written(store: RecordedStore, number: int, scope: Range | str, table: pa.Table, key: str | None) -> KeptPartition:
    within = scope if isinstance(scope, Range) else None
    named = None if isinstance(scope, Range) else scope
    with store.partition(number, range=within, partition_key=named, key=key) as partition:
        partition.write(table)
    folder, manifest = store.folder(number, scope), store.manifest(number, scope)
    keys = None if manifest.key_min is None or manifest.key_max is None else Range(manifest.key_min, manifest.key_max)
    pinned = Pinned(
        manifest.partition_key, manifest.dataset_version, manifest.partition_key, within, manifest.rows, f"{folder}/",
        sha256((folder / MANIFEST).read_bytes()).hexdigest(), keys, tuple(manifest.files),
    )  # fmt: skip
    return KeptPartition(pinned, partial(_local, store))


def _local(_: RecordedStore) -> FileSystem:
    """The folder is there as long as its store is known to somebody."""
    return _file_system()


@cache
def _file_system() -> FileSystem:
    from pyarrow.fs import LocalFileSystem  # noqa: PLC0415  pyarrow is imported where rows are there

    return LocalFileSystem()
