"""Which blocks the files of a partition hold: what was compacted, as the files themselves say it."""

from __future__ import annotations

from collections import Counter

from apps.datasets.domain import Block
from apps.datasets.models import Partition
from apps.datasets.stored_file import StoredFile
from apps.platform.ports.objects import ObjectStore

# ruff: noqa: PLC0415  pyarrow takes 60 MB, of processes that may never look into a file

_KEY, _HASH = "block_number", "block_hash"
_BATCH_ROWS = 65_536


def blocks_in(partition: Partition, store: ObjectStore) -> list[Block]:
    """In their order. Of the files no more is fetched than these two columns. Raises ObjectMissing and Transient."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    found: Counter[tuple[int, bytes]] = Counter()
    for told in partition.files:
        stored = StoredFile(store, partition.prefix + told["name"], told["size_bytes"])
        file = pq.ParquetFile(stored, pre_buffer=False, page_checksum_verification=True)
        for batch in file.iter_batches(_BATCH_ROWS, columns=[_KEY, _HASH], use_threads=False):
            rows = pa.Table.from_batches([batch]).group_by([_KEY, _HASH], use_threads=False).aggregate([([], "count_all")])
            numbers, hashes, counts = (rows.column(name).to_pylist() for name in (_KEY, _HASH, "count_all"))
            for number, hash_, count in zip(numbers, hashes, counts, strict=True):
                found[number, hash_] += count
    return [Block(number, hash_, count) for (number, hash_), count in sorted(found.items())]
