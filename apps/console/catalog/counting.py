"""How many of what is found there are of each kind: by the database, in one statement, since what is found may be a thousand."""

# ruff: noqa: S608  made of constants, and of what Django writes
from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from apps.console.catalog.asked import NO, YES, Origin
from apps.datasets.domain import PLATFORM_ORG
from apps.datasets.models import Dataset

_FOUND = """WITH found (pk, name, org_id, org, is_seen, storage, visibility, tags, owner_id) AS MATERIALIZED ({found}),
    seen AS MATERIALIZED (SELECT * FROM (SELECT * FROM found ORDER BY name, org LIMIT %(most)s) AS k WHERE is_seen)
"""
# Each: the value, and of which rows. Only of what the asker sees, so that no number tells of what they do not.
_COUNTS = {
    "late": "'{yes}' FROM seen JOIN datasets_freshness AS f ON f.dataset_id = seen.pk WHERE f.late_since IS NOT NULL",
    "requests": "'{yes}' FROM seen JOIN (SELECT DISTINCT k FROM ({to_decide}) AS k (k)) AS t (pk) ON t.pk::text = seen.pk::text",
    "of": "CASE WHEN org_id = %(own)s THEN '{own}' WHEN org = '{platform_org}' THEN '{platform}' ELSE '{shared}' END FROM seen",
    "storage": "storage FROM seen",
    "dag": "p.dag FROM seen JOIN datasets_producer AS p ON p.dataset_id = seen.pk WHERE seen.org_id = %(own)s AND p.dag IN ({dags})",
    "tag": "tag FROM seen, unnest(tags) AS tag",
    "owner": "a.email FROM seen JOIN accounts_person AS a ON a.id = seen.owner_id",
    "pii": """CASE WHEN EXISTS (
        SELECT FROM pii_columnclassification AS c WHERE c.org_id = seen.org_id AND c.dataset = seen.name
    ) THEN '{yes}' ELSE '{no}' END FROM seen""",
    "visibility": "visibility FROM seen",
}
_WORDS = {
    "yes": YES, "no": NO, "own": Origin.OWN, "platform": Origin.PLATFORM, "shared": Origin.SHARED, "platform_org": PLATFORM_ORG,
}  # fmt: skip

Counts = dict[str, dict[str, int]]


def count(
    found: QuerySet[Dataset, Any], most: int, keys: Collection[str], own: UUID, within: Mapping[str, QuerySet[Any, Any]]
) -> tuple[int, Counts]:
    """How many were found, and by key how many of the first of them, of what is seen, have each value. `within`: `dags` by whose names
    may be said, and the datasets `to_decide` on.
    """
    listed, given = _named(found, "found")
    parts = {name: _named(rows, name) for name, rows in within.items()}
    asked = {name: statement for name, (statement, _) in parts.items()}
    kinds = [f"SELECT '{key}', {_COUNTS[key].format(**asked, **_WORDS)}" for key in keys]
    each = " UNION ALL ".join(f"SELECT kind, value, count(*) FROM ({one}) AS k (kind, value) GROUP BY 1, 2" for one in kinds)
    given |= {name: value for _, values in parts.values() for name, value in values.items()} | {"own": own, "most": most}
    with connection.cursor() as cursor:
        cursor.execute(f"{_FOUND.format(found=listed)} SELECT '', '', count(*) FROM found UNION ALL {each}", given)
        rows = cursor.fetchall()
    counts: Counts = {key: {} for key in keys}
    for key, value, number in rows:
        if key:
            counts[key][value] = number
    return next(number for key, _, number in rows if not key), counts


def _named(rows: QuerySet[Any, Any], prefix: str) -> tuple[str, dict[str, Any]]:
    """What Django would send, to stand in a statement of ours: its parameters by names."""
    try:
        statement, given = rows.query.sql_with_params()
    except EmptyResultSet:
        return "SELECT NULL WHERE false", {}
    named = {f"{prefix}_{number}": value for number, value in enumerate(given)}
    return statement.replace("%%", "%%%%") % tuple(f"%({name})s" for name in named), named
