"""Committed partitions: what readers get, changed in one transaction with the end of the task that wrote them.

Nothing is copied or renamed. Whoever reads has a list of files; what it lists stays where it is, also when it is superseded.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any
from uuid import UUID

from apps.orm.prepared import prepared_cursor
from apps.platform.errors import Transient
from apps.platform.layout import AttemptPlace
from operators.sdk.manifest import Manifest


@dataclass(frozen=True)
class Commit:
    """A partition that was verified. `start` and `end` are of a key that is a range."""

    place: AttemptPlace
    manifest: Manifest
    manifest_sha256: str
    start: int | None = None
    end: int | None = None


# In one order, so that two who commit to several versions never wait for each other.
_LOCK = """
SELECT id, schema_hash FROM datasets_version WHERE id = ANY(%(versions)s::uuid[]) AND purged_at IS NULL ORDER BY id FOR NO KEY UPDATE
"""
# Ranges of one version never overlap, so the one before it and those that begin inside it are all that it can meet. Uses index partition_range.
OVERLAPS = """
SELECT said.place, coalesce(before.key, inside.key)
FROM unnest(%(versions)s::uuid[], %(starts)s::bigint[], %(ends)s::bigint[]) WITH ORDINALITY AS said(version_id, range_start, range_end, place)
LEFT JOIN LATERAL (
    SELECT key FROM (
        SELECT key, range_end FROM datasets_partition
        WHERE version_id = said.version_id AND superseded_at IS NULL AND range_start < said.range_start
        ORDER BY range_start DESC LIMIT 1
    ) AS p WHERE p.range_end >= said.range_start
) AS before ON true
LEFT JOIN LATERAL (
    SELECT key FROM datasets_partition AS p
    WHERE p.version_id = said.version_id AND p.superseded_at IS NULL
        AND p.range_start BETWEEN said.range_start AND said.range_end AND p.range_end > said.range_end
    LIMIT 1
) AS inside ON true
WHERE before.key IS NOT NULL OR inside.key IS NOT NULL
"""
SUPERSEDE = """
WITH said AS (
    SELECT * FROM unnest(%(versions)s::uuid[], %(keys)s::text[], %(starts)s::bigint[], %(ends)s::bigint[]) AS s(version_id, key, range_start, range_end)
), gone AS (
    SELECT p.id FROM said JOIN datasets_partition AS p ON p.version_id = said.version_id AND p.key = said.key AND p.superseded_at IS NULL
    UNION
    SELECT p.id FROM said JOIN datasets_partition AS p ON p.version_id = said.version_id AND p.superseded_at IS NULL
        AND p.range_start BETWEEN said.range_start AND said.range_end
)
UPDATE datasets_partition AS p SET superseded_at = now() FROM gone WHERE p.id = gone.id RETURNING p.version_id, p.rows, p.size_bytes
"""
_INSERT = """
INSERT INTO datasets_partition (
    version_id, key, range_start, range_end, number, task_id, attempt, prefix, files, rows, size_bytes, manifest_sha256,
    key_min, key_max, committed_at
)
SELECT s.version_id, s.key, s.range_start, s.range_end,
    1 + coalesce((SELECT max(number) FROM datasets_partition AS p WHERE p.version_id = s.version_id AND p.key = s.key), 0),
    s.task_id, s.attempt, s.prefix, s.files::jsonb, s.rows, s.size_bytes, s.manifest_sha256, s.key_min, s.key_max, clock_timestamp()
FROM unnest(
    %(versions)s::uuid[], %(keys)s::text[], %(starts)s::bigint[], %(ends)s::bigint[], %(tasks)s::uuid[], %(attempts)s::int[],
    %(prefixes)s::text[], %(files)s::text[], %(rows)s::bigint[], %(sizes)s::bigint[], %(manifests)s::text[], %(mins)s::bigint[], %(maxs)s::bigint[]
) AS s(version_id, key, range_start, range_end, task_id, attempt, prefix, files, rows, size_bytes, manifest_sha256, key_min, key_max)
"""
_SUM = """
UPDATE datasets_version AS v
SET partitions = v.partitions + s.partitions, rows = v.rows + s.rows, size_bytes = v.size_bytes + s.size_bytes, committed_at = now(),
    schema_hash = s.schema_hash, schema = s.schema::jsonb
FROM unnest(
    %(versions)s::uuid[], %(partitions)s::int[], %(rows)s::bigint[], %(sizes)s::bigint[], %(hashes)s::text[], %(schemas)s::text[]
) AS s(version_id, partitions, rows, size_bytes, schema_hash, schema)
WHERE v.id = s.version_id
"""


def commit_partitions(commits: Sequence[Commit]) -> None:
    """Inside the caller's transaction, which holds the tasks. Raises Transient where somebody else came first: verified again,
    it is told why it does not fit.
    """
    if not commits:
        return
    said = _columns(commits)
    with prepared_cursor() as cursor:
        cursor.execute(_LOCK, said)
        known = dict(cursor.fetchall())
        cursor.execute(OVERLAPS, said)
        is_whole = known.keys() >= set(said["versions"])
        if cursor.fetchone() or not is_whole or _differ(commits, known) or overlapping(commits):
            raise Transient("Another task has just committed what this one does not fit to; it is looked at again.")
        cursor.execute(SUPERSEDE, said)
        gone = cursor.fetchall()
        cursor.execute(_INSERT, said)
        cursor.execute(_SUM, _sums(commits, gone))


def overlapping(commits: Sequence[Commit]) -> str:
    """The key of one that meets another of them; empty where none does."""
    ranges = sorted(
        (c.place.version_id, c.start, c.end, c.place.partition_key) for c in commits if c.start is not None and c.end is not None
    )
    for (version, _, end, _), (following, start, _, key) in pairwise(ranges):
        if version == following and start <= end:
            return key
    keys = Counter((c.place.version_id, c.place.partition_key) for c in commits)
    return next((key for (_, key), count in keys.items() if count > 1), "")


def _differ(commits: Sequence[Commit], known: Mapping[UUID, str]) -> bool:
    """Whether a version would have two schemas."""
    found = {(version, schema) for version, schema in known.items() if schema}
    found |= {(c.place.version_id, c.manifest.schema_hash) for c in commits}
    return len(found) > len({version for version, _ in found})


def _columns(commits: Sequence[Commit]) -> dict[str, Any]:
    return {
        "versions": [c.place.version_id for c in commits], "keys": [c.place.partition_key for c in commits],
        "starts": [c.start for c in commits], "ends": [c.end for c in commits],
        "tasks": [c.place.task_id for c in commits], "attempts": [c.place.attempt for c in commits],
        "prefixes": [c.place.prefix for c in commits], "files": [json.dumps([asdict(f) for f in c.manifest.files]) for c in commits],
        "rows": [c.manifest.rows for c in commits], "sizes": [c.manifest.size_bytes for c in commits],
        "manifests": [c.manifest_sha256 for c in commits],
        "mins": [c.manifest.key_min for c in commits], "maxs": [c.manifest.key_max for c in commits],
    }  # fmt: skip


def _sums(commits: Sequence[Commit], gone: Sequence[tuple[UUID, int, int]]) -> dict[str, Any]:
    """Of each version once: an UPDATE takes one of several rows that it is joined with."""
    first = {c.place.version_id: c.manifest for c in reversed(commits)}
    sums = {version: [0, 0, 0] for version in first}
    changes = [(c.place.version_id, 1, c.manifest.rows, c.manifest.size_bytes) for c in commits]
    changes += [(version, -1, -rows, -size) for version, rows, size in gone]
    for version, *change in changes:
        sums[version] = [before + more for before, more in zip(sums[version], change, strict=True)]
    partitions, rows, sizes = zip(*sums.values(), strict=True)
    return {
        "versions": list(first), "partitions": list(partitions), "rows": list(rows), "sizes": list(sizes),
        "hashes": [manifest.schema_hash for manifest in first.values()],
        "schemas": [json.dumps([asdict(f) for f in manifest.schema]) for manifest in first.values()],
    }  # fmt: skip
