"""What was superseded is what readers get again. Its files lie where they lay; it has a new number, and comes last in its history."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from apps.datasets.models import Partition
from apps.datasets.services.committing import OVERLAPS, SUPERSEDE
from apps.platform.errors import Conflict, Invalid
from apps.platform.layout import MANIFEST, SUCCESS
from apps.platform.ports.objects import ObjectMissing, ObjectStore

_LOCK = "SELECT id FROM datasets_version WHERE id = %(version)s AND purged_at IS NULL FOR NO KEY UPDATE"
# What is current already would be found among what it supersedes.
_IS_OLD = "SELECT FROM datasets_partition WHERE id = %(id)s AND superseded_at IS NOT NULL AND purge_id IS NULL"
_LOCK_PIECE = "SELECT id FROM datasets_partition WHERE id = %(id)s FOR NO KEY UPDATE"
_RESTORE = """
UPDATE datasets_partition AS p SET superseded_at = NULL, committed_at = clock_timestamp(),
    number = 1 + (SELECT max(number) FROM datasets_partition AS o WHERE o.version_id = p.version_id AND o.key = p.key)
WHERE p.id = %(id)s
"""
_SUM = """
UPDATE datasets_version SET partitions = partitions + %(partitions)s, rows = rows + %(rows)s, size_bytes = size_bytes + %(size)s,
    committed_at = now() WHERE id = %(version)s
"""


def check_whole(piece: Partition, store: ObjectStore) -> None:
    """That all its objects are there. Outside any transaction: it asks the object store."""
    sizes = {MANIFEST: None, SUCCESS: None} | {file["name"]: file["size_bytes"] for file in piece.files}
    for name, size in sizes.items():
        try:
            found = store.head(piece.prefix + name)
        except ObjectMissing:
            found = None
        if found is None or (size is not None and found.size != size):
            words = f"{name} of partition {piece.key} is gone, or is not what was committed: it cannot be restored. Backfill it instead."
            raise Conflict(words, code="not_whole")


def replaced_by(piece: Partition) -> list[Partition]:
    """What readers get now and would not, were the piece restored. Raises Conflict and Invalid where it cannot be."""
    with connection.cursor() as cursor:
        cursor.execute(_IS_OLD, _about(piece))
        if cursor.fetchone() is None:
            raise Conflict(f"{piece.key} is what readers get already, or is being purged.", code="not_superseded")
        cursor.execute(OVERLAPS, _about(piece))
        if met := cursor.fetchone():
            words = f"{piece.key} overlaps {met[1]}, which readers get, without holding it whole: backfill the range instead."
            raise Invalid(words, code="range_overlaps")
    lies_there = Q(key=piece.key)
    if piece.range_start is not None:
        lies_there |= Q(range_start__range=(piece.range_start, piece.range_end))
    current = Partition.objects.filter(lies_there, version=piece.version_id, superseded_at=None)
    return list(current.order_by("range_start", "key"))


def restore_piece(piece: Partition, *, shown: Collection[UUID] | None = None) -> list[Partition]:
    """What it replaced. Inside the caller's transaction. Raises Conflict and Invalid. `shown`: what somebody was told of that."""
    params = _about(piece)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, params)
        cursor.execute(_LOCK_PIECE, params)
        replaced = replaced_by(piece)
        if shown is not None and {one.pk for one in replaced} != set(shown):
            words = f"What readers get of {piece.key} was made again since you looked. Look again."
            raise Conflict(words, code="changed_meanwhile")
        cursor.execute(SUPERSEDE, params)
        gone = cursor.fetchall()
        cursor.execute(_RESTORE, params)
        sums = {"partitions": 1 - len(gone), "rows": piece.rows - sum(rows for _, rows, _ in gone)}
        cursor.execute(_SUM, {**params, **sums, "size": piece.size_bytes - sum(size for _, _, size in gone)})
    return list(Partition.objects.filter(pk__in=[one.pk for one in replaced]).order_by("range_start", "key"))


def _about(piece: Partition) -> dict[str, Any]:
    return {
        "id": piece.pk, "version": piece.version_id, "versions": [piece.version_id], "keys": [piece.key], "starts": [piece.range_start],
        "ends": [piece.range_end],
    }  # fmt: skip
