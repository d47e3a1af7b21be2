"""Files of one partition: streamed to where they lie, their size and SHA-256 known as they are written."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from operators.sdk.manifest import File
from operators.sdk.parquet import Compression

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow.fs import FileSystem

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

# What waits in memory for its group; wide rows make smaller ones.
GROUP_BYTES = 64 * 1024 * 1024

# Where the next file goes, and a file system that will still open it: keys to a store do not live for ever.
Place = Callable[[], tuple["FileSystem", str]]


class HashedStream:
    """As much of a file as pyarrow asks of one to write to."""

    closed = False

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._sha256 = sha256()
        self.size = 0

    def write(self, data: Any) -> int:
        count = memoryview(data).nbytes
        self._sha256.update(data)
        self._stream.write(data)
        self.size += count
        return count

    def flush(self) -> None:
        """What is there is told by its end."""

    def tell(self) -> int:
        return self.size

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self._stream.close()

    @property
    def digest(self) -> str:
        return self._sha256.hexdigest()


class ParquetFile:
    def __init__(self, place: Place, name: str, schema: pa.Schema, compression: Compression) -> None:
        import pyarrow.parquet as pq

        filesystem, path = place()
        self._name, self.rows = name, 0
        self._stream = HashedStream(filesystem.open_output_stream(path + name))
        codec = "NONE" if compression.codec == "uncompressed" else compression.codec
        # With checksums of pages: who reads a few columns of a large file knows them for what was written.
        self._writer = pq.ParquetWriter(
            self._stream, schema, compression=codec, compression_level=compression.level, write_page_checksum=True
        )

    @property
    def size(self) -> int:
        return self._stream.size

    def add(self, group: pa.Table) -> None:
        self._writer.write_table(group, row_group_size=max(group.num_rows, 1))
        self.rows += group.num_rows

    def end(self) -> File:
        self._writer.close()
        self._stream.close()
        return File(self._name, self._stream.size, self._stream.digest, self.rows)


def write_bytes(place: Place, name: str, body: bytes) -> None:
    filesystem, path = place()
    with filesystem.open_output_stream(path + name) as stream:
        stream.write(body)
