"""Partitions of the testing kit: written to a temporary folder as a real task writes them to the store, and read back."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from operators.sdk.declaration import Output
from operators.sdk.manifest import Manifest
from operators.sdk.parquet_files import Place
from operators.sdk.partition_files import MANIFEST
from operators.sdk.storing import Partitions, Scope, Slot
from operators.sdk.task import Range

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

_ANY = tuple(Output(f"output_{number}", "Whatever is written to it.") for number in range(8))


class RecordedStore(Partitions):
    """Every output is kept as Parquet here, whatever a DAG would say."""

    def __init__(self, outputs: Sequence[Output] = _ANY) -> None:
        slots = {
            number: Slot(f"dataset-{number}", f"version-{number}", output.name, "s3", tuple(output.columns))
            for number, output in enumerate(outputs)
        }
        self.root = root = Path(tempfile.mkdtemp(prefix="trace-store-"))
        # Not a method: what knew this store could not outlive it, and its folder would stay until somebody collects cycles.
        super().__init__("task", 1, slots, lambda output, scope: _place(root, output, scope))
        weakref.finalize(self, shutil.rmtree, root, ignore_errors=True)

    def folder(self, output: int, partition: Range | str) -> Path:
        """Where the partition lies: its files, its manifest, its mark."""
        return _folder(self.root, output, partition.key if isinstance(partition, Range) else partition)

    def manifest(self, output: int, partition: Range | str) -> Manifest:
        return Manifest.parse((self.folder(output, partition) / MANIFEST).read_bytes())

    def read(self, output: int, partition: Range | str) -> pa.Table:
        """All its rows, in the order in which they were written."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder = self.folder(output, partition)
        return pa.concat_tables([pq.ParquetFile(folder / file.name).read() for file in self.manifest(output, partition).files])


def _folder(root: Path, output: int, key: str) -> Path:
    return root / str(output) / sha256(key.encode()).hexdigest()


def _place(root: Path, output: int, scope: Scope) -> Place:
    from pyarrow.fs import LocalFileSystem

    folder = _folder(root, output, scope.key)
    folder.mkdir(parents=True, exist_ok=True)
    return lambda: (LocalFileSystem(), f"{folder}/")
