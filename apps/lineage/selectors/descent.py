"""What was made of something that was made: by what has truly run, and not by who says that it reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from apps.lineage.selectors.provenance import asked_range, made_of
from apps.orgs.models import Org
from apps.orm.bounded import bounded

DEEPEST_MADE, MOST_MADE = 20, 2_000
_MOST_SECONDS = 3
_TOO_LONG = "To find what was made of it takes too long. Ask for one partition, or for a shorter range."

# What was made by a reading of these rows. Of a partition it is that very piece which was read: made again it is another one, which its
# readers have not read. Uses index made_from_key. Of blocks of a table, of which a reading may say only how far it went, it is what has
# been made since: all that was read of the version without a key is held against all of the scopes at once, by index made_from_blocks.
_STEP = """
WITH said AS MATERIALIZED (
    SELECT version_id, key, number, partition_id, CASE WHEN times = 1 THEN made_at ELSE '-infinity' END AS made_at,
        greatest(coalesce(range_start, cursor_first), CASE WHEN key = '' OR range_start IS NULL THEN %(first)s::numeric END) AS first,
        least(coalesce(range_end, cursor), CASE WHEN key = '' OR range_start IS NULL THEN %(last)s::numeric END) AS last
    FROM lineage_made WHERE id = ANY(%(ids)s::uuid[])
), spans AS MATERIALIZED (
    SELECT version_id, range_agg(numrange(first, last, '[]')) AS spans, min(made_at) AS made_at,
        least(min(coalesce(first, -9223372036854775808)), 9223372036854775807)::bigint AS low,
        least(max(coalesce(last, 9223372036854775807)), 9223372036854775807)::bigint AS high
    FROM said WHERE first IS NULL OR last IS NULL OR first <= last GROUP BY version_id
), found AS (
    SELECT f.made_id, s.made_at FROM said AS s JOIN lineage_madefrom AS f ON f.version_id = s.version_id AND f.key = s.key
    WHERE s.key <> '' AND (f.partition_id = s.partition_id OR num_nulls(f.partition_id, s.partition_id) > 0 AND f.number = s.number)
    UNION
    SELECT f.made_id, s.made_at FROM spans AS s JOIN lineage_madefrom AS f ON f.version_id = s.version_id AND f.key = ''
        AND f.range_start <= s.high AND f.range_end >= s.low AND s.spans && numrange(f.range_start, f.range_end, '[]')
    UNION
    SELECT f.made_id, s.made_at FROM spans AS s JOIN lineage_madefrom AS f ON f.version_id = s.version_id AND f.key = ''
        AND f.range_start IS NULL AND s.spans && numrange(f.cursor_first, f.cursor, '[]')
)
SELECT DISTINCT m.id FROM found JOIN lineage_made AS m ON m.id = found.made_id
WHERE m.org_id = %(org)s AND m.made_at >= found.made_at AND NOT m.id = ANY(%(known)s::uuid[])
ORDER BY m.id DESC LIMIT %(most)s
"""
# Whatever was read of a version.
_WHOLE = """
SELECT m.id FROM (SELECT DISTINCT made_id FROM lineage_madefrom WHERE version_id = %(version)s) AS f
JOIN lineage_made AS m ON m.id = f.made_id WHERE m.org_id = %(org)s ORDER BY m.id DESC LIMIT %(most)s
"""


@dataclass
class Descent:
    """How many jobs away each row is: 1 has read it itself. `is_cut`: there is more, further away or older."""

    hops: dict[UUID, int] = field(default_factory=dict)
    is_cut: bool = False


def descent_of(org: Org, version_id: UUID, *, at: str = "") -> Descent:
    """`at`: a partition's key, a number of a block or a range of them; without it the whole version. Of this org's own runs."""
    with bounded(_MOST_SECONDS, _TOO_LONG):
        descent = Descent()
        if not at:
            frontier = _kept(descent, _read(_WHOLE, org, descent, version=version_id), hop=1)
            return _walked(org, descent, frontier, (), (None, None), first_hop=2)
        begun = list(made_of(version_id, at=at).prefetch_related(None).values_list("pk", flat=True)[: MOST_MADE + 1])
        descent.is_cut = len(begun) > MOST_MADE
        return _walked(org, descent, begun[:MOST_MADE], begun, asked_range(at) or (None, None), first_hop=1)


def _walked(
    org: Org,
    descent: Descent,
    frontier: Sequence[UUID],
    begun: Sequence[UUID],
    within: tuple[int | None, int | None],
    *,
    first_hop: int,
) -> Descent:
    """`within`: of the first rows no more than that was asked for; of what was made of it, all."""
    for hop in range(first_hop, DEEPEST_MADE + 1):
        if not frontier:
            return descent
        first, last = within if hop == 1 else (None, None)
        known = [*begun, *descent.hops]
        found = _read(_STEP, org, descent, ids=list(frontier), known=known, first=first, last=last)
        frontier = _kept(descent, found, hop=hop)
    descent.is_cut = descent.is_cut or bool(frontier)
    return descent


def _kept(descent: Descent, found: Sequence[UUID], *, hop: int) -> Sequence[UUID]:
    room = MOST_MADE - len(descent.hops)
    descent.is_cut = descent.is_cut or len(found) > room
    descent.hops |= dict.fromkeys(found[:room], hop)
    return found[:room]


def _read(statement: str, org: Org, descent: Descent, **given: Any) -> list[UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"org": org.pk, "most": MOST_MADE + 1 - len(descent.hops), **given})
        return [made_id for (made_id,) in cursor.fetchall()]
