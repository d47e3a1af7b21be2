"""What made a version, a partition of it or a block of it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from apps.lineage.models import Made, MadeFrom

# Of a uint256, as cursors are kept.
_LONGEST_NUMBER = 78


def made_of(version_id: UUID, *, at: str = "") -> QuerySet[Made]:
    """Newest first; `at`: a partition's key, or a number of a block."""
    found = Made.objects.filter(version_id=version_id)
    if at:
        # Uses indexes made_key, made_range and made_cursor.
        found = found.filter(Q(key=at[:200]) | _holding(at))
    return found.order_by("-id").prefetch_related(Prefetch("inputs", MadeFrom.objects.order_by("input", "id")))


def _holding(at: str) -> Q:
    if not (at.isascii() and at.isdigit() and len(at) <= _LONGEST_NUMBER):
        return Q()
    block = int(at)
    in_stretch = Q(cursor_first__lte=block, cursor__gte=block)
    return in_stretch | Q(range_start__lte=block, range_end__gte=block) if block < 2**63 else in_stretch
