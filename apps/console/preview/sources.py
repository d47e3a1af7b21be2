"""Where the newest rows of a dataset lie: in a table, or in the files of its newest partition; of a union in its hot half."""

from __future__ import annotations

from dataclasses import dataclass

from apps.datasets.domain import Storage
from apps.datasets.models import Dataset, Partition, Version
from apps.datasets.selectors import outputs_of
from apps.tables.domain import TableState
from apps.tables.models import HotTable
from apps.tables.selectors import table_of

# The newest partitions may be empty: nothing happened in those blocks.
_MOST_LOOKED_AT = 20
_NOT_YET = "Nothing is committed yet: rows appear here when its job has made a first partition."


@dataclass(frozen=True)
class Source:
    """Either a table or a file, by its key and its size; or neither, and why."""

    words: str = ""
    table: HotTable | None = None
    file: tuple[str, int] = ("", 0)
    why_none: str = ""


def source_of(dataset: Dataset) -> Source:
    tables = _tables_of(dataset)
    if ready := next((one for one in tables if one.state != TableState.PENDING or one.built), None):
        return Source("The rows with the highest keys in its table.", table=ready)
    if (found := _newest_of(dataset)) is not None:
        file = next(one for one in found.files if one["rows"])
        return Source(
            f"The first rows of its newest partition that has any, {found.key}.",
            file=(found.prefix + file["name"], file["size_bytes"]),
        )
    if tables:
        return Source(why_none="Its table is being made. Look again in a moment.")
    if dataset.storage == Storage.POSTGRES:
        return Source(why_none="It has no table yet: one is made when a version of its DAG that publishes it is activated.")
    return Source(why_none=_NOT_YET)


def _tables_of(dataset: Dataset) -> list[HotTable]:
    """Its own; of a union else that of the dataset that its hot half is published as."""
    if table := table_of(dataset):
        return [table]
    halves = (
        HotTable.objects.filter(dataset__output__in=outputs_of(dataset))
        if dataset.storage == Storage.UNION
        else HotTable.objects.none()
    )
    return list(halves)


def _newest_of(dataset: Dataset) -> Partition | None:
    for version in Version.objects.filter(pk__in=outputs_of(dataset).values("current"), partitions__gt=0):
        if found := next((one for one in _newest(version) if one.rows and any(file["rows"] for file in one.files)), None):
            return found
    return None


def _newest(version: Version) -> list[Partition]:
    """By blocks, as index partition_range has them; of one whose keys are no ranges, by key, as partition_current has them."""
    there = Partition.objects.filter(version=version, superseded_at=None)
    return list(there.filter(range_start__isnull=False).order_by("-range_start")[:_MOST_LOOKED_AT]) or list(
        there.order_by("-key")[:_MOST_LOOKED_AT]
    )
