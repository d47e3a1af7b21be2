"""Datasets as the API tells of them, and as a DAG names them."""

from __future__ import annotations

from typing import Any

from apps.console.catalog.freshness import Fresh
from apps.console.catalog.lineage import Lineage
from apps.console.catalog.making import Made
from apps.console.catalog.one import MarkedColumn
from apps.console.catalog.rows import Row
from apps.datasets.models import Dataset

Told = dict[str, object]
_EXAMPLES = {"text": "…", "integer": "1", "boolean": "true", "uint256": '"1"'}


def snippet_of(dataset: Dataset) -> str:
    """As an input of a job, to be copied into a DAG."""
    lines = ["inputs:", f"  - from: {{ dataset: {dataset.name} }}"]
    if dataset.where:
        lines += [
            "    # where:",
            *(f"    #   {name}: {_EXAMPLES.get(kind, '…')}" for name, kind in sorted(dataset.where.items())),
        ]
    return "\n".join(lines)


def told_row(row: Row) -> Told:
    """Without the right to it: its name, its owner, and that it is closed."""
    dataset = row.dataset
    told: Told = {
        "name": dataset.name,
        "org": dataset.org.slug,
        "owner": dataset.owner.email if dataset.owner else None,
        "is_open": row.is_seen,
    }
    if not row.is_seen:
        return told
    return told | {
        "description": dataset.description, "storage": dataset.storage, "tags": dataset.tags, "visibility": dataset.visible_as,
        "multi_writer": dataset.multi_writer, "has_pii": row.has_pii, "producers": [_told_made(one) for one in row.made],
        "matching_columns": row.hits, "created_at": dataset.created_at, "freshness": _told_fresh(row.fresh),
    }  # fmt: skip


def _told_fresh(fresh: Fresh) -> Told:
    return {
        "last_changed_at": fresh.last_at, "highest_block": fresh.block, "cadence_seconds": fresh.cadence_seconds, "due_at": fresh.due_at,
        "is_late": fresh.is_late, "blocks_behind": fresh.lag.blocks if fresh.lag else None,
        "seconds_behind": fresh.lag.seconds if fresh.lag else None,
    }  # fmt: skip


def _told_made(made: Made) -> Told:
    return {
        "dag": made.dag or None, "outputs": [{"job": job, "output": output} for job, output in made.jobs] if made.dag else [],
        "write_mode": made.spec.get("write_mode"), "since": made.since,
    }  # fmt: skip


def told_whole(row: Row, columns: list[MarkedColumn], lineage: Lineage) -> Told:
    return told_row(row) | {
        "where": row.dataset.where, "columns": [_told_column(one) for one in columns],
        "made_by": [vars(one) for one in lineage.sources], "read_by": [vars(one) for one in lineage.readers],
    }  # fmt: skip


def _told_column(one: MarkedColumn) -> dict[str, Any]:
    column, mark = one.column, one.mark
    pii = {"kind": mark.kind, "handling": mark.handling, "mask": mark.mask or None} if mark else None
    return {
        "name": column.name, "type": column.type or None, "nullable": column.nullable if column.type else None,
        "description": column.description, "pii": pii,
    }  # fmt: skip
