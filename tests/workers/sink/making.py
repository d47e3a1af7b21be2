"""Batches as a sink is given them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from apps.platform.contracts.buffers import BatchClaimed, BatchColumn
from operators.sdk.rows.faults import Fault, Refused
from workers.sink.reading import read

JSON_LINES = "application/x-ndjson"


def column(kind: str, name: str = "v") -> BatchColumn:
    return BatchColumn(name=name, type=kind.rstrip("?"), nullable=kind.endswith("?"))


def claimed(columns: Mapping[str, str], *, content_type: str = JSON_LINES, unique: Sequence[str] = (), replaces: bool = True) -> BatchClaimed:  # fmt: skip
    batch_id = uuid4()
    return BatchClaimed(
        batch_id=batch_id, order=batch_id, org_id=uuid4(), dataset_id=uuid4(), task_id=uuid4(), job_id=uuid4(),
        columns=[column(kind, name) for name, kind in columns.items()], unique=list(unique), replaces=replaces,
        content_type=content_type, size_bytes=0, url="", hold_seconds=300,
    )  # fmt: skip


def lines(*rows: Any) -> bytes:
    return b"".join((row if isinstance(row, bytes) else json.dumps(row).encode()) + b"\n" for row in rows)


def faults_of(columns: Mapping[str, str], body: bytes, *, content_type: str = JSON_LINES) -> list[Fault]:
    """Empty where the batch is taken."""
    try:
        read(claimed(columns, content_type=content_type), body)
    except Refused as refused:
        return refused.faults
    return []
