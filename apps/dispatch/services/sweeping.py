"""What attempts wrote and nobody committed goes when it is old; never anything that is committed, or that somebody may yet commit.

A bucket is looked through some thousand objects at a time: the next sweep goes on where this one ended.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection

from apps.datasets.stores import data_store, scratch_store
from apps.dispatch.models import Sweep
from apps.platform import metrics
from apps.platform.config import Config
from apps.platform.errors import ServiceError
from apps.platform.layout import AttemptFolder, folder_of, letter_of
from apps.platform.ports.objects import ObjectInfo, ObjectStore

log = structlog.get_logger("trace.dispatch")

# Of one look, which is one statement; and of one sweep of a bucket.
_LOOK, _MOST = 1_000, 50_000
# One statement, so that it sees a task as it was before its commit, or what was committed. What is none of these never becomes it
# again: an attempt that is over, and was not committed then, is refused whenever it says so. Uses indexes partition_task and batch_once.
_KEPT = """
SELECT s.prefix FROM unnest(%(prefixes)s::text[], %(task_ids)s::uuid[], %(attempts)s::int[]) AS s(prefix, task_id, attempt)
WHERE EXISTS (SELECT FROM datasets_partition AS p WHERE p.task_id = s.task_id AND p.prefix = s.prefix)
    OR EXISTS (
        SELECT FROM dispatch_task AS t WHERE t.id = s.task_id AND t.attempt <= s.attempt AND (
            t.status IN ('queued', 'running') OR t.status = 'failed' AND EXISTS (
                SELECT FROM dispatch_attempt AS a WHERE a.task_id = t.id AND a.number = s.attempt AND a.outcome = 'lease_expired'
            )
        )
    )
    OR EXISTS (SELECT FROM tables_batch AS b WHERE b.task_id = s.task_id AND b.attempt = s.attempt AND b.state IN ('waiting', 'dead'))
"""
# Uses the index of a batch's source.
_LETTERS_KEPT = """
SELECT DISTINCT source_id FROM tables_batch WHERE source_id = ANY(%(letters)s::uuid[]) AND state IN ('waiting', 'dead')
"""
# Two who sweep at once would only do each other's work.
_TRY = "SELECT pg_try_advisory_lock(hashtextextended('sweep', 0))"
_FREE = "SELECT pg_advisory_unlock(hashtextextended('sweep', 0))"


@dataclass(frozen=True)
class Swept:
    objects: int = 0
    size_bytes: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(self.objects + other.objects, self.size_bytes + other.size_bytes)


def sweep(*, keep_days: int, now: datetime, most: int = _MOST, below: str = "") -> Swept:
    """`below`: only of what lies there; of an org, by its id."""
    config: Config = settings.CONFIG
    with connection.cursor() as cursor:
        cursor.execute(_TRY)
        if cursor.fetchone() != (True,):
            return Swept()
        try:
            old = now - timedelta(days=keep_days)
            places = (("staging", config.data_bucket, data_store()), ("scratch", config.scratch_bucket, scratch_store()))
            return sum((_sweep(*place, old, now=now, most=most, below=below) for place in places), Swept())
        finally:
            cursor.execute(_FREE)


def _sweep(place: str, bucket: str, store: ObjectStore, old: datetime, *, now: datetime, most: int, below: str) -> Swept:
    at, _ = Sweep.objects.get_or_create(bucket=bucket)
    found, swept, seen = store.list(below, after=at.after), Swept(), 0
    while some := list(islice(found, min(_LOOK, most - seen))):
        seen += len(some)
        swept += _delete(store, place, _unwanted(some, old))
        at.after, at.moved_at = some[-1].key, now
        at.save(update_fields=["after", "moved_at"])
    if seen < most:
        at.after, at.ended_at = "", now
        at.save(update_fields=["after", "ended_at"])
    return swept


def _unwanted(some: Sequence[ObjectInfo], old: datetime) -> list[ObjectInfo]:
    aged = [one for one in some if one.modified_at < old]
    folders = {one.key: folder for one in aged if (folder := folder_of(one.key))}
    letters = {one.key: letter for one in aged if (letter := letter_of(one.key))}
    kept, letters_kept = _kept(folders), _letters_kept(set(letters.values()))
    return [
        one for one in aged
        if (one.key in folders and folders[one.key].prefix not in kept) or (one.key in letters and letters[one.key] not in letters_kept)
    ]  # fmt: skip


def _letters_kept(letters: Collection[UUID]) -> set[UUID]:
    """Those of which something is still to be written that somebody put right."""
    if not letters:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_LETTERS_KEPT, {"letters": list(letters)})
        return {letter for (letter,) in cursor.fetchall()}


def _kept(folders: Mapping[str, AttemptFolder]) -> set[str]:
    asked = {folder.prefix: folder for folder in folders.values()}
    params: dict[str, Any] = {
        "prefixes": list(asked), "task_ids": [one.task_id for one in asked.values()], "attempts": [one.attempt for one in asked.values()],
    }  # fmt: skip
    if not asked:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_KEPT, params)
        return {prefix for (prefix,) in cursor.fetchall()}


def _delete(store: ObjectStore, place: str, unwanted: Sequence[ObjectInfo]) -> Swept:
    if not unwanted:
        return Swept()
    try:
        store.delete([one.key for one in unwanted])
    except ServiceError as error:
        # It is met again in the next round; to stay here would be to come no further, for the sake of what may be one odd key.
        log.warning("not_swept", place=place, objects=len(unwanted), first=unwanted[0].key, error=str(error))
        return Swept()
    swept = Swept(len(unwanted), sum(one.size for one in unwanted))
    metrics.SWEPT_OBJECTS.labels(place).inc(swept.objects)
    metrics.SWEPT_BYTES.labels(place).inc(swept.size_bytes)
    log.info("swept", place=place, objects=swept.objects, size_bytes=swept.size_bytes, first=unwanted[0].key)
    return swept
