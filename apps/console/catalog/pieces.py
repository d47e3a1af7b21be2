"""What is committed of a dataset: its partitions as a map and as a list, and its versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import QuerySet

from apps.dags.models import DagVersion
from apps.datasets.domain import Storage
from apps.datasets.models import Dataset, Partition, Pointer, Version
from apps.datasets.selectors import gaps_of

PAGE_SIZE = 50
MOST_VERSIONS = 50
# As many as a line across the page has room for.
SPANS = 120
# Reads index partition_range once, and no row: ranges of a version never overlap, so all that lie in one span are a sum, and those
# that lie in several are few. A span holds how many of its blocks are committed.
_MAP = """
WITH ends AS (
    SELECT (
        SELECT range_start FROM datasets_partition
        WHERE version_id = %(version)s AND superseded_at IS NULL AND range_start IS NOT NULL ORDER BY range_start LIMIT 1
    )::numeric AS low, (
        SELECT range_end FROM datasets_partition
        WHERE version_id = %(version)s AND superseded_at IS NULL AND range_start IS NOT NULL ORDER BY range_start DESC LIMIT 1
    )::numeric AS high
), spans AS MATERIALIZED (
    SELECT first, last, row_number() OVER (ORDER BY first) AS place FROM (
        SELECT low + div((high - low + 1) * n, %(spans)s) AS first, low + div((high - low + 1) * (n + 1), %(spans)s) - 1 AS last
        FROM ends, generate_series(0, %(spans)s - 1) AS n
    ) AS s WHERE first <= last
), pieces AS MATERIALIZED (
    SELECT width_bucket(range_start, e.firsts) AS begins, width_bucket(range_end, e.firsts) AS ends,
        min(range_start) AS low, max(range_end) AS high, sum(range_end - range_start) + count(*) AS blocks, max(number) AS number
    FROM datasets_partition, (SELECT array_agg(first::bigint ORDER BY place) AS firsts FROM spans) AS e
    WHERE version_id = %(version)s AND superseded_at IS NULL AND range_start IS NOT NULL GROUP BY 1, 2
)
SELECT s.first, s.last, coalesce(sum(
    CASE WHEN p.begins = p.ends THEN p.blocks ELSE least(s.last, p.high) - greatest(s.first, p.low) + 1 END
) FILTER (WHERE p.begins IS NOT NULL), 0), coalesce(max(p.number), 0)
FROM spans AS s LEFT JOIN pieces AS p ON s.place BETWEEN p.begins AND p.ends
GROUP BY s.place, s.first, s.last ORDER BY s.place
"""
_MOST_GAPS = 20


@dataclass(frozen=True)
class Span:
    """A part of the map; `state` is `ok`, `partly` or `missing`."""

    first: int
    last: int
    covered: int
    number: int

    @property
    def state(self) -> str:
        if self.covered >= self.last - self.first + 1:
            return "ok"
        return "partly" if self.covered else "missing"


@dataclass(frozen=True)
class Pieces:
    """`of` is a key whose history is shown; empty for what readers get."""

    version: Version
    page: Page[Partition]
    spans: Sequence[Span]
    gaps: Sequence[tuple[int, int]]
    of: str

    @property
    def has_more_gaps(self) -> bool:
        return len(self.gaps) > _MOST_GAPS


@dataclass(frozen=True)
class VersionRow:
    version: Version
    is_current: bool
    numbers: Sequence[int]


def has_files(dataset: Dataset) -> bool:
    return dataset.storage == Storage.S3 and dataset.output_id is not None


def current_of(dataset: Dataset) -> Version | None:
    """What readers get; None where nothing of it is registered."""
    output = dataset.output if has_files(dataset) else None
    return output.current if output else None


def pieces_of(dataset: Dataset, *, page: str | None, of: str) -> Pieces | None:
    version = current_of(dataset)
    if version is None:
        return None
    rows = Partition.objects.filter(version=version)
    shown = (
        rows.filter(key=of[:200]).order_by("-number") if of else rows.filter(superseded_at=None).order_by("range_start", "key")
    )
    spans = [Span(*map(int, row)) for row in _read(_MAP, version.pk, spans=SPANS)]
    # Where a span is whole there is none.
    gaps = gaps_of(version, most=_MOST_GAPS + 1, within=_stretches(spans))
    return Pieces(version, Paginator(shown, PAGE_SIZE).get_page(page), spans, gaps, of)


def _stretches(spans: Sequence[Span]) -> list[tuple[int, int]]:
    """Of spans that follow each other, and lack something."""
    groups = (list(some) for lacks, some in groupby(spans, lambda span: span.state != "ok") if lacks)
    return [(some[0].first, some[-1].last) for some in groups]


def versions_of(dataset: Dataset) -> list[VersionRow]:
    """The newest first, each with the versions of its DAG that it belongs to."""
    output = dataset.output
    if output is None:
        return []
    versions: QuerySet[Version] = output.versions.order_by("-created_at")[:MOST_VERSIONS]
    numbers = numbers_of(list(versions))
    return [VersionRow(one, one.pk == output.current_id, numbers.get(one.pk, [])) for one in versions]


def numbers_of(versions: Sequence[Version]) -> dict[UUID, list[int]]:
    """Of the versions of their DAG that are made of each."""
    pointers = Pointer.objects.filter(version__in=versions).values_list("version_id", "dag_version_id")
    numbers = dict(DagVersion.objects.filter(pk__in=[one for _, one in pointers]).values_list("pk", "number"))
    of: dict[UUID, list[int]] = {}
    for version_id, dag_version_id in pointers:
        if dag_version_id in numbers:
            of.setdefault(version_id, []).append(numbers[dag_version_id])
    return {version_id: sorted(found) for version_id, found in of.items()}


def _read(statement: str, version_id: UUID, **more: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"version": version_id, **more})
        return list(cursor.fetchall())
