"""One partition as it is written: rows gathered to groups, groups to files, and at last what says that it is whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from operators.sdk.errors import InputError, Retry
from operators.sdk.manifest import Field, File, Manifest
from operators.sdk.parquet import Compression, MostRows
from operators.sdk.parquet_files import GROUP_BYTES, ParquetFile, Place, write_bytes
from operators.sdk.shape import KeyBounds, Shape

if TYPE_CHECKING:
    import pyarrow as pa

# ruff: noqa: PLC0415  pyarrow is imported where rows are there

MANIFEST, SUCCESS = "_manifest.json", "_SUCCESS"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}\.parquet")


class FileTooLarge(InputError):
    """What was to be one file is more than one may be."""

    def __init__(self, name: str, most_bytes: int) -> None:
        super().__init__(
            f"The file {name} would be larger than {most_bytes:,} bytes, which one file may be; write fewer rows to it."
        )


class PartitionFiles:
    """A `Partition`. `stem` begins the name of every file."""

    def __init__(
        self,
        place: Place,
        stem: str,
        shape: Shape,
        key: KeyBounds,
        *,
        compression: Compression,
        most_file_bytes: int,
        most_rows: MostRows,
    ) -> None:
        self._place, self._stem, self._shape, self._key = place, stem, shape, key
        self._compression, self._most_bytes, self._most_rows = compression, most_file_bytes, most_rows
        self._waiting: list[pa.Table] = []
        self._waiting_rows = self._waiting_bytes = 0
        self._current: ParquetFile | None = None
        self._files: list[File] = []
        # Of the file that is written now, where its writer names it.
        self._named = ""
        self._is_over = False

    def write(self, rows: pa.Table | pa.RecordBatch) -> None:
        if self._is_over:
            raise InputError("This partition is closed; write inside its `with`.")
        table = self._shape.fit(_table(rows))
        self._key.take(table)
        self._waiting.append(table)
        self._waiting_rows += table.num_rows
        self._waiting_bytes += table.nbytes
        if self._waiting_rows >= self._most_rows.group or self._waiting_bytes >= GROUP_BYTES:
            self._write_groups()

    def file(self, name: str, rows: Iterable[pa.Table | pa.RecordBatch]) -> File:
        if _NAME.fullmatch(name) is None or name in {one.name for one in self._files}:
            raise InputError(
                f"{name!r} is no name of a file here, or one was written under it; it ends with .parquet, and has no path."
            )
        if self._waiting_rows or self._current:
            self._end_file()
        self._named = name
        for some in rows:
            self.write(some)
        finished = self._end_file()
        self._named = ""
        return finished

    def finish(self, told: Manifest) -> str:
        """Closes the files and says that they are whole: `told`, with what was written, and only then the mark. Its SHA-256."""
        self._is_over = True
        schema = self._shape.schema
        # A partition may be empty: then its file is.
        if self._waiting_rows or self._current or not self._files:
            self._end_file()
        with _answering():
            body = replace(
                told, files=self._files, schema=[Field(field.name, str(field.type), field.nullable) for field in schema],
                key=self._key.name, key_min=self._key.least, key_max=self._key.most,
            ).to_bytes()  # fmt: skip
            write_bytes(self._place, MANIFEST, body)
            write_bytes(self._place, SUCCESS, b"")
        return sha256(body).hexdigest()

    def abandon(self) -> None:
        """What lies there is nobody's: without the mark it is swept up."""
        self._is_over = True
        self._waiting.clear()
        self._current = None

    def _end_file(self) -> File:
        self._write_groups(all_of_it=True)
        with _answering():
            finished = (self._current or self._open(self._shape.schema)).end()
        self._refuse_too_large(finished.size_bytes)
        self._files.append(finished)
        self._current = None
        return finished

    def _write_groups(self, *, all_of_it: bool = False) -> None:
        """What is too little for a group waits for more."""
        import pyarrow as pa

        rows = pa.concat_tables(self._waiting) if self._waiting else None
        if rows is None or rows.num_rows == 0:
            return
        size = max(1, min(self._most_rows.group, GROUP_BYTES * rows.num_rows // max(rows.nbytes, 1)))
        end = rows.num_rows if all_of_it else rows.num_rows // size * size
        with _answering():
            for start in range(0, end, size):
                self._add(rows.slice(start, min(size, end - start)))
        rest = rows.slice(end)
        self._waiting, self._waiting_rows, self._waiting_bytes = [rest], rest.num_rows, rest.nbytes

    def _add(self, group: pa.Table) -> None:
        """To the next file where this one would grow too large: in bytes as if nothing could be compressed."""
        if self._current and self._named:
            self._refuse_too_large(self._current.size)
        elif self._current and self._is_too_much(self._current, group):
            self._files.append(self._current.end())
            self._current = None
        self._current = self._current or self._open(group.schema)
        self._current.add(group)

    def _is_too_much(self, file: ParquetFile, group: pa.Table) -> bool:
        is_full = self._most_rows.file is not None and file.rows + group.num_rows > self._most_rows.file
        return is_full or file.size + int(group.nbytes) > self._most_bytes

    def _refuse_too_large(self, size: int) -> None:
        if self._named and size > self._most_bytes:
            raise FileTooLarge(self._named, self._most_bytes)

    def _open(self, schema: pa.Schema) -> ParquetFile:
        number = len(self._files) + 1
        name = self._named or f"{self._stem}{f'_{number}' if number > 1 else ''}.parquet"
        return ParquetFile(self._place, name, schema, self._compression)


def _table(rows: object) -> pa.Table:
    import pyarrow as pa

    if isinstance(rows, pa.RecordBatch):
        return pa.Table.from_batches([rows])
    if not isinstance(rows, pa.Table):
        raise InputError(f"A partition is written in Tables or RecordBatches of pyarrow; this is a {type(rows).__name__}.")
    return rows


@contextmanager
def _answering() -> Iterator[None]:
    """What the store does not do now another attempt may find it doing; what Parquet cannot hold it never will."""
    import pyarrow as pa

    try:
        yield
    except OSError as error:
        raise Retry(f"The object store does not take the partition: {error}") from error
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError) as error:
        raise InputError(f"Parquet does not hold these rows: {error}") from error
