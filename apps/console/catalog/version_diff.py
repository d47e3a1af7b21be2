"""Two versions of a dataset side by side: columns, partitions, contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from apps.datasets.models import Version

MOST_KEYS = 50
# Of the partitions that each holds now, by key. What is in the files is told by their hashes, whatever they are called.
_COMPARE = """
WITH a AS (
    SELECT key, range_start, jsonb_path_query_array(files, '$[*].sha256') AS sums FROM datasets_partition
    WHERE version_id = %(before)s AND superseded_at IS NULL
), b AS (
    SELECT key, range_start, jsonb_path_query_array(files, '$[*].sha256') AS sums FROM datasets_partition
    WHERE version_id = %(after)s AND superseded_at IS NULL
), both_ AS (
    SELECT coalesce(a.key, b.key) AS key, coalesce(a.range_start, b.range_start) AS range_start,
        CASE WHEN b.key IS NULL THEN 'removed' WHEN a.key IS NULL THEN 'added' WHEN a.sums = b.sums THEN 'same' ELSE 'changed' END AS state
    FROM a FULL JOIN b ON b.key = a.key
)
SELECT state, count(*), (array_agg(key ORDER BY range_start, key))[1:%(most)s] FROM both_ GROUP BY state
"""


@dataclass(frozen=True)
class ColumnChange:
    """`state` is `added`, `removed` or `changed`."""

    state: str
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Keys:
    """How many there are, and the first of them."""

    count: int = 0
    first: Sequence[str] = ()


@dataclass(frozen=True)
class VersionDiff:
    before: Version
    after: Version
    columns: list[ColumnChange]
    partitions: Mapping[str, Keys]

    @property
    def same_definition(self) -> bool:
        return self.before.definition_hash == self.after.definition_hash


def compared(before: Version, after: Version) -> VersionDiff:
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, {"before": before.pk, "after": after.pk, "most": MOST_KEYS})
        found = {state: Keys(count, keys) for state, count, keys in cursor.fetchall()}
    partitions = {state: found.get(state, Keys()) for state in ("added", "removed", "changed", "same")}
    return VersionDiff(before, after, _columns(before, after), partitions)


def _columns(before: Version, after: Version) -> list[ColumnChange]:
    old, new = _typed(before), _typed(after)
    return [
        ColumnChange(_state(name, old, new), name, old.get(name, ""), new.get(name, ""))
        for name in dict.fromkeys([*new, *old]) if old.get(name) != new.get(name)
    ]  # fmt: skip


def _state(name: str, old: Mapping[str, str], new: Mapping[str, str]) -> str:
    return "added" if name not in old else "removed" if name not in new else "changed"


def _typed(version: Version) -> dict[str, str]:
    """As the first commit wrote them; before that, as they are declared."""
    columns: list[dict[str, Any]] = version.schema or version.columns
    return {one["name"]: f"{one['type']}{', may be empty' if one.get('nullable') else ''}" for one in columns}
