"""Files that somebody reads for themself: one list of what is current, in one statement, with links that open it for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Q

from apps.datasets.models import Partition, Version
from apps.datasets.stores import data_store
from apps.platform.errors import Forbidden, Invalid

MOST_FILES = 2_000
LINK = timedelta(minutes=15)


@dataclass(frozen=True)
class Part:
    """What of it: blocks, or a partition by its key; all of it where neither is said."""

    blocks: tuple[int, int] | None = None
    key: str = ""

    def of(self, version: Version) -> Sequence[Partition]:
        wanted = Q(version=version, superseded_at=None)
        if self.blocks:
            wanted &= Q(range_start__lte=self.blocks[1], range_end__gte=self.blocks[0])
        if self.key:
            wanted &= Q(key=self.key)
        # As each has a file or more.
        return list(Partition.objects.filter(wanted).order_by("range_start", "key")[: MOST_FILES + 1])


def files_of(version: Version, part: Part) -> list[dict[str, Any]]:
    pieces = part.of(version)
    if sum(max(1, len(piece.files)) for piece in pieces) > MOST_FILES:
        raise Invalid(f"These are more than {MOST_FILES:,} files: name a range of blocks, several times.", code="too_many_files")
    return [
        {
            "partition": piece.key, "number": piece.number, "rows": piece.rows, "committed_at": piece.committed_at,
            "files": list(_linked(piece)),
        }
        for piece in pieces
    ]  # fmt: skip


def _linked(piece: Partition) -> Iterator[dict[str, Any]]:
    for file in piece.files:
        yield {
            "name": file["name"], "size_bytes": file["size_bytes"], "sha256": file["sha256"], "rows": file["rows"],
            "url": data_store().presign_get(piece.prefix + file["name"], expires=LINK),
        }  # fmt: skip


def refuse_closed(closed: Sequence[str]) -> None:
    """A file shows all of its columns."""
    if closed:
        listed = ", ".join(f"`{name}`" for name in closed)
        words = f"Its files hold personal data, in {listed}: ask for a grant first, or look at the Preview, which masks it."
        raise Forbidden(words, code="pii_refused")
