"""What an invalidation asks of its consumers, as tasks: new ones, or what still waits takes it in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

from apps.dispatch.domain import Cause
from apps.dispatch.selectors import Partition
from apps.dispatch.services.bulking import gather
from apps.dispatch.services.creating import Wish, create_tasks, link_inputs
from apps.dispatch.spans import Piece, Span, merge
from apps.orm.rows import rows

# Tasks that do something again, and that nobody has claimed. Locked, so that a claim waits until the invalidation is in.
_WAITING = """
SELECT id, job_id, partition_key, range_start, range_end FROM dispatch_task
WHERE id IN (
    SELECT task_id FROM dispatch_invalidationmark
    WHERE consumer_id = ANY(%(job_ids)s::uuid[] || %(of_partitions)s::uuid[]) AND processed_at IS NULL
) AND status = 'queued' AND NOT is_alone AND (job_id = ANY(%(job_ids)s::uuid[]) OR partition_key = ANY(%(keys)s::text[]))
    AND (job_id, generation) IN (SELECT id, generation FROM dispatch_livejob WHERE id = ANY(%(job_ids)s::uuid[] || %(of_partitions)s::uuid[]))
ORDER BY id FOR NO KEY UPDATE
"""
# Back behind the valve, which looks again what the wider scope meets.
_WIDEN = """
UPDATE dispatch_task SET range_start = %(start)s, range_end = %(end)s, position = %(start)s, handed_at = NULL
WHERE id = %(id)s AND (range_start, range_end) IS DISTINCT FROM (%(start)s, %(end)s)
"""
_MOVE_INPUTS = """
INSERT INTO dispatch_taskinput (task_id, input, event_id)
SELECT %(to)s, input, event_id FROM dispatch_taskinput WHERE task_id = ANY(%(from)s::uuid[]) ORDER BY id
"""
_MOVE_MARKS = """
UPDATE dispatch_invalidationmark SET task_id = %(to)s WHERE task_id = ANY(%(from)s::uuid[]) AND processed_at IS NULL
"""

Link = tuple[UUID, int, UUID]


@dataclass(frozen=True)
class _Waiting:
    """Tasks that nobody has claimed: by consumer and key, of each the first; and by consumer, those that have a range."""

    by_key: dict[tuple[UUID, str], Any]
    ranges: dict[UUID, list[Any]]


def make_tasks(needs: Sequence[Any], met: Sequence[tuple[Any, Partition]]) -> list[UUID]:
    """`met`: each need of a consumer by partition, with one that it meets. The tasks that became part of others, and that nobody
    needs any more.
    """
    per_update, bulk = ([one for one in needs if one.strategy == kind] for kind in ("PerUpdate", "Bulk"))
    waiting, links, absorbed = _waiting(per_update, met), list[Link](), list[UUID]()
    wishes = [
        *_of_partitions(met, waiting, links),
        *_of_keys([one for one in per_update if one.range_start is None], waiting, links),
        *_of_ranges([one for one in per_update if one.range_start is not None], waiting, links, absorbed),
        *[replace(one, cause=Cause.INVALIDATION) for one in gather(bulk)],
    ]
    link_inputs(links)
    create_tasks(wishes)
    return absorbed


def _waiting(per_update: Sequence[Any], met: Sequence[tuple[Any, Partition]]) -> _Waiting:
    waiting = _Waiting({}, defaultdict(list))
    params = {
        "job_ids": list({one.consumer_id for one in per_update}), "of_partitions": list({need.consumer_id for need, _ in met}),
        "keys": list({partition.key for _, partition in met}),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, params)
        for task in rows(cursor):
            waiting.by_key.setdefault((task.job_id, task.partition_key), task)
            if task.range_start is not None:
                waiting.ranges[task.job_id].append(task)
    return waiting


def _of_partitions(met: Sequence[tuple[Any, Partition]], waiting: _Waiting, links: list[Link]) -> Iterator[Wish]:
    """A task for each partition that the consumer has made and that the invalidation meets."""
    alike: dict[tuple[UUID, str], list[tuple[Any, Partition]]] = defaultdict(list)
    for need, partition in met:
        alike[need.consumer_id, partition.key].append((need, partition))
    for about, pairs in alike.items():
        because, partition = [need for need, _ in pairs], pairs[0][1]
        if (task := waiting.by_key.get(about)) is not None:
            links += _links(because, task)
        else:
            yield _wish(
                because, suffix=f":{partition.key}", partition_key=partition.key, start=partition.start, end=partition.end
            )


def _of_keys(needs: Sequence[Any], waiting: _Waiting, links: list[Link]) -> Iterator[Wish]:
    """Of keys that are no ranges."""
    for (consumer_id, key), because in _grouped(needs, lambda one: one.partition_key).items():
        if (task := waiting.by_key.get((consumer_id, key))) is not None:
            links += _links(because, task)
        else:
            yield _wish(because, partition_key=key)


def _of_ranges(needs: Sequence[Any], waiting: _Waiting, links: list[Link], absorbed: list[UUID]) -> Iterator[Wish]:
    """Ranges that meet become one task, and so does what still waits."""
    for (consumer_id, _), because in _grouped(needs, lambda _: None).items():
        spans = [
            Span(one.range_start, one.range_end, (one, is_task))
            for is_task, some in ((True, waiting.ranges[consumer_id]), (False, because)) for one in some
        ]  # fmt: skip
        for piece in merge(spans):
            news, tasks = [one for one, is_task in piece.of if not is_task], [one for one, is_task in piece.of if is_task]
            if news and tasks:
                tasks.sort(key=lambda one: one.id)
                absorbed += _widen(piece, tasks)
                links += _links(news, tasks[0])
            elif news:
                yield _wish(sorted(news, key=lambda one: one.id), start=piece.start, end=piece.end, position=piece.start)


def _widen(piece: Piece[Any], tasks: Sequence[Any]) -> list[UUID]:
    """The first of them is kept, and does it all."""
    kept, others = tasks[0], [one.id for one in tasks[1:]]
    with connection.cursor() as cursor:
        cursor.execute(_WIDEN, {"id": kept.id, "start": piece.start, "end": piece.end})
        if others:
            cursor.execute(_MOVE_INPUTS, {"to": kept.id, "from": others})
            cursor.execute(_MOVE_MARKS, {"to": kept.id, "from": others})
    return others


def _grouped(needs: Iterable[Any], by: Any) -> dict[tuple[UUID, Any], list[Any]]:
    groups: dict[tuple[UUID, Any], list[Any]] = defaultdict(list)
    for one in needs:
        groups[one.consumer_id, by(one)].append(one)
    return groups


def _links(because: Sequence[Any], task: Any) -> Iterator[Link]:
    """Nobody has claimed the task: it is done for these, too."""
    return ((task.id, one.input, one.id) for one in because)


def _wish(because: Sequence[Any], *, suffix: str = "", **scope: Any) -> Wish:
    first = because[0]
    # Another version of the consumer had its own.
    again = f":{first.generation}" if first.is_again else ""
    return Wish(
        first.consumer_id, f"inv:{first.id}{again}{suffix}"[:300], Cause.INVALIDATION, root_id=first.root_id,
        inputs=tuple(dict.fromkeys((one.input, one.id) for one in because)), **scope,
    )  # fmt: skip
