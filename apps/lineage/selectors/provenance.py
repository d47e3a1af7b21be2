"""What made a version, a partition of it or a block of it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from apps.lineage.models import Made, MadeFrom

# Of a uint256, as cursors are kept.
_LONGEST_NUMBER = 78


def made_of(version_id: UUID, *, at: str = "") -> QuerySet[Made]:
    """Newest first; `at`: a partition's key, a number of a block, or a range of them."""
    found = Made.objects.filter(version_id=version_id)
    if at:
        # Uses index made_key. Only what is no partition's key is looked for in all ranges, by indexes made_range and made_cursor.
        of_key = found.filter(key=at[:200])
        found = of_key if "-" in at and of_key.exists() else found.filter(Q(key=at[:200]) | _holding(at))
    return told_inputs(found)


def told_inputs(rows: QuerySet[Made]) -> QuerySet[Made]:
    """Newest first, with what was read for each."""
    return rows.order_by("-id").prefetch_related(Prefetch("inputs", MadeFrom.objects.order_by("input", "id")))


def asked_range(at: str) -> tuple[int, int] | None:
    """Blocks that are asked for; None where it can only be a key."""
    first, _, last = at.partition("-")
    last = last or first
    if not all(one.isascii() and one.isdigit() and len(one) <= _LONGEST_NUMBER for one in (first, last)):
        return None
    return (int(first), int(last)) if int(first) <= int(last) else None


def _holding(at: str) -> Q:
    if not (asked := asked_range(at)):
        return Q()
    first, last = asked
    in_stretch = Q(cursor_first__lte=last, cursor__gte=first)
    return in_stretch | Q(range_start__lte=last, range_end__gte=first) if last < 2**63 else in_stretch
