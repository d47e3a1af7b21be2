"""People who read a dataset all the time: each look takes one list of files, and reads what it lists."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

import boto3
import pyarrow as pa
import pyarrow.parquet as pq

from tests.drills.scene import UNREACHABLE
from tests.journeys.stack import StackProcess

# What readers get, in one statement: whoever has the list keeps it, whatever happens then.
_PINNED = """
SELECT p.version_id::text, p.prefix, p.files, p.range_start, p.rows FROM datasets_dataset AS d
JOIN datasets_output AS o ON o.id = d.output_id
JOIN datasets_partition AS p ON p.version_id = o.current_id AND p.superseded_at IS NULL
WHERE d.name = %(name)s ORDER BY p.range_start
"""


@dataclass(frozen=True)
class Look:
    """`content` is the hash of every value of every row, in order."""

    versions: frozenset[str]
    rows: int
    content: str


def look(stack: StackProcess, dataset: str, *, below: int) -> Look:
    """All that it holds below that block."""
    with stack.connect("state") as state:
        pinned = [row for row in state.execute(_PINNED, {"name": dataset}) if row[3] < below]
    tables = [_read(stack, prefix + file["name"]) for _, prefix, files, _, _ in pinned for file in files]
    return Look(frozenset(row[0] for row in pinned), sum(table.num_rows for table in tables), _content(tables))


def _read(stack: StackProcess, key: str) -> pa.Table:
    facts = stack.facts["s3"]
    client = boto3.client(
        "s3", endpoint_url=facts["endpoint"], region_name=facts["region"],
        aws_access_key_id=facts["access_key"], aws_secret_access_key=facts["secret_key"],
    )  # fmt: skip
    body = client.get_object(Bucket=facts["data_bucket"], Key=key)["Body"].read()
    return pq.read_table(io.BytesIO(body))


def _content(tables: Sequence[pa.Table]) -> str:
    if not tables:
        return ""
    sink = io.BytesIO()
    whole = pa.concat_tables(tables).combine_chunks()
    with pa.ipc.new_stream(sink, whole.schema) as stream:
        stream.write_table(whole, max_chunksize=100_000)
    return sha256(sink.getvalue()).hexdigest()


class Reader(threading.Thread):
    """Looks again and again until it is told to stop; `looks` are what it saw."""

    def __init__(self, stack: Callable[[], StackProcess], dataset: str, *, below: int) -> None:
        super().__init__(name="reader", daemon=True)
        self._stack, self._dataset, self._below = stack, dataset, below
        self._is_over = threading.Event()
        self.looks: list[Look] = []

    def run(self) -> None:
        while not self._is_over.is_set():
            try:
                self.looks.append(look(self._stack(), self._dataset, below=self._below))
            except UNREACHABLE:
                # A server is away for a moment: nobody reads half of anything then.
                pass
            self._is_over.wait(0.2)

    def stop(self) -> list[Look]:
        self._is_over.set()
        self.join()
        return self.looks
