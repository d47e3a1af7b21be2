"""What was compacted is deleted from its hot table: a step of its own after the commit, told of by the outbox.

Only while the partition is what readers get, and nothing has said since its attempt began that the blocks do not hold. What is not
deleted for that reason is left: who reads the dataset gets every row once, wherever it lies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.audit.models import Record
from apps.dags.domain import OPEN_BUILD
from apps.dags.models import Build
from apps.datasets.models import Dataset, Partition
from apps.datasets.services import Commit, blocks_in
from apps.datasets.stores import data_store
from apps.dispatch.domain import id_at
from apps.dispatch.models import Attempt, Invalidation
from apps.dispatch.services.facts import facts
from apps.outbox import services as outbox
from apps.outbox.services import Outgoing
from apps.platform.errors import Transient
from apps.platform.ports.objects import ObjectMissing
from apps.tables import services as tables
from apps.tables.services import Gone, Piece

MOVED = "rows_moved"
ACTION = "dataset.rows_moved"
_BY = Actor.system("compaction")
# Somebody who follows the table block by block has not read them yet. Uses index task_open.
_UNREAD = """
SELECT EXISTS (
    SELECT FROM dispatch_livejob AS p JOIN dispatch_route AS r ON r.producer_id = p.id AND r.listens
    JOIN dispatch_livejob AS c ON c.id = r.consumer_id AND c.job_id IS NOT NULL
    JOIN dispatch_task AS t ON t.job_id = c.id AND t.generation = c.generation AND t.position IS NOT NULL AND t.position <= %(end)s
        AND t.status IN ('queued', 'running', 'failed') AND (t.status <> 'failed' OR t.next_retry_at IS NOT NULL)
    WHERE p.dag_id = %(dag_id)s AND p.name = %(job)s AND p.build_id IS NULL AND r.output = %(output)s
)
"""
log = structlog.get_logger("trace.dispatch")


def messages_of(commits: Sequence[Commit], version_job_id: UUID) -> list[Outgoing]:
    """Of one task. Inside the transaction that commits them."""
    dataset = facts(version_job_id)["takes_from"]
    if not dataset:
        return []
    return [Outgoing(MOVED, _told(commit, dataset), commit.place.org_id) for commit in commits if commit.start is not None]


def _told(commit: Commit, dataset: str) -> dict[str, Any]:
    place = commit.place
    return {
        "dataset": dataset, "org_id": str(place.org_id), "version_id": str(place.version_id), "key": place.partition_key,
        "task_id": str(place.task_id), "attempt": place.attempt,
    }  # fmt: skip


def move(told: Mapping[str, Any]) -> None:
    """Raises Transient while a server that it needs is away. Twice does no harm."""
    dataset = Dataset.objects.filter(org=told["org_id"], name=told["dataset"]).first()
    partition = _current(told)
    if dataset is None or partition is None or not holds(partition, dataset):
        log.info("compacted_rows_left", dataset=told["dataset"], key=told["key"])
        return
    if _is_unread(partition, dataset):
        raise Transient("jobs that follow the table have not read those blocks yet")
    try:
        blocks = blocks_in(partition, data_store())
    except ObjectMissing:
        log.warning("compacted_rows_left", dataset=told["dataset"], key=told["key"], why="a file of it is gone")
        return
    piece = Piece(partition.pk, int(partition.range_start or 0), int(partition.range_end or 0), blocks)
    _settle(dataset, told, piece, tables.take_away(dataset.org_id, dataset.pk, piece, dsn=settings.CONFIG.tables_dsn))


def _settle(dataset: Dataset, told: Mapping[str, Any], piece: Piece, gone: Gone) -> None:
    if gone.is_done:
        _tell(dataset, told["key"], piece.id, gone.rows)
    elif gone.differs_from is not None:
        log.warning("compacted_rows_differ", dataset=dataset.name, key=told["key"], block=gone.differs_from, deleted=gone.rows)
    else:
        with transaction.atomic():
            outbox.put(MOVED, dict(told), org_id=dataset.org_id)


def _current(told: Mapping[str, Any]) -> Partition | None:
    """What that very attempt has made, where readers get it."""
    pieces = Partition.objects.filter(
        version=told["version_id"],
        key=told["key"],
        task_id=told["task_id"],
        attempt=told["attempt"],
        superseded_at=None,
        purge=None,
    )
    piece = pieces.select_related("version__output").first()
    if piece is None or piece.version.purged_at is not None:
        return None
    if piece.version.output.current_id != piece.version_id:
        # One that is built may become what readers get; one that was is nobody's to read.
        if Build.objects.filter(dag=piece.version.output.dag_id, state__in=OPEN_BUILD).exists():
            raise Transient("its version is not what readers get yet")
        return None
    return piece


def holds(piece: Partition, hot: Dataset) -> bool:
    """Nothing has said since its attempt began that its blocks do not hold."""
    began = Attempt.objects.of(piece.task_id).filter(number=piece.attempt).values_list("claimed_at", flat=True).first()
    sources = [(hot.output, began or piece.committed_at), (piece.version.output, piece.committed_at)]
    return not any(output and _is_invalid(output, piece, since) for output, since in sources)


def _is_unread(piece: Partition, hot: Dataset) -> bool:
    source = hot.output
    if source is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            _UNREAD, {"end": piece.range_end, "dag_id": source.dag_id, "job": source.job, "output": source.number}
        )  # fmt: skip
        return bool(cursor.fetchone() == (True,))


def _is_invalid(output: Any, piece: Partition, since: Any) -> bool:
    meets = Q(range_start__lte=piece.range_end, range_end__gte=piece.range_start) | Q(partition_key=piece.key)
    # What the task itself has said is for those who read what it replaced.
    said = Invalidation.objects.filter(job__dag_id=output.dag_id, job__name=output.job, output=output.number).exclude(
        task_id=piece.task_id
    )
    return said.filter(meets | Q(range_start=None, partition_key=""), pk__gte=id_at(since)).exists()


@transaction.atomic
def _tell(dataset: Dataset, key: str, piece_id: UUID, rows: int) -> None:
    """Once: the message may come again."""
    after = {"rows": rows, "blocks": key, "partition": str(piece_id)}
    known = Record.objects.filter(org_id=dataset.org_id, object_kind="dataset", object_id=str(dataset.pk), action=ACTION)
    if rows and not known.filter(after__partition=str(piece_id)).exists():
        audit.record(ACTION, Subject("dataset", str(dataset.pk), dataset.name), by=_BY, org_id=dataset.org_id, after=after)
