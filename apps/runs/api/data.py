"""What a task read and made, as the API tells of it."""

from __future__ import annotations

from apps.datasets.models import Partition
from apps.dispatch.models import Pin
from apps.runs.api.telling import Told
from apps.runs.selectors import Data
from apps.runs.selectors.data import Committed, Read, Written
from apps.runs.selectors.naming import Named


def told_data(data: Data) -> Told:
    return {
        "reads": {"versions": [_told_read(one) for one in data.reads], "hidden": data.hidden},
        "made": {
            "versions": [_told_version(one) for one in data.committed],
            "tables": [_told_table(one) for one in data.written],
        },
    }


def told_pin(pin: Pin) -> Told:
    return _told_piece(pin) | {
        "input": pin.input, "version": pin.version_id, "read_rows": pin.read_rows, "read_bytes": pin.read_bytes,
    }  # fmt: skip


def _told_read(one: Read) -> Told:
    return _told_version(one) | {"input": one.input, "read_rows": one.read_rows, "read_bytes": one.read_bytes}


def _told_version(one: Read | Committed) -> Told:
    return _told_name(one.named) | {
        "version": one.version.pk, "is_current": one.is_current, "partitions": one.partitions, "rows": one.rows,
        "size_bytes": one.size_bytes, "first": [_told_piece(piece) for piece in one.first],
    }  # fmt: skip


def _told_piece(piece: Pin | Partition) -> Told:
    return {"partition": piece.key, "number": piece.number, "rows": piece.rows, "size_bytes": piece.size_bytes}


def _told_table(one: Written) -> Told:
    first, last = (None if block is None else str(block) for block in (one.first, one.last))
    return _told_name(one.named) | {
        "output": one.output.number, "reports": one.told, "is_more": one.is_capped, "first": first, "last": last, "rows": one.rows,
    }  # fmt: skip


def _told_name(named: Named) -> Told:
    return {"dataset": named.dataset or None, "job": named.job or None}
