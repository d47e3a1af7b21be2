"""OpenLineage's JSON. Pure; held against the published schemas by the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from operators.sdk.words import Derivation

Body = dict[str, Any]
SPEC = "https://openlineage.io/spec"
EVENT_SCHEMA = f"{SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
# Of each facet the version that is written here.
_FACETS = {
    "parent": "1-2-0/ParentRunFacet", "processing_engine": "1-1-1/ProcessingEngineRunFacet", "errorMessage": "1-0-1/ErrorMessageRunFacet",
    "jobType": "2-0-4/JobTypeJobFacet", "schema": "1-2-0/SchemaDatasetFacet", "columnLineage": "1-2-0/ColumnLineageDatasetFacet",
    "version": "1-0-1/DatasetVersionDatasetFacet", "dataQualityMetrics": "1-0-0/DataQualityMetricsDatasetFacet",
    "inputStatistics": "1-0-0/InputStatisticsInputDatasetFacet", "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
}  # fmt: skip
_TRANSFORMATIONS = {
    Derivation.IDENTITY: {"type": "DIRECT", "subtype": "IDENTITY"},
    Derivation.TRANSFORMATION: {"type": "DIRECT", "subtype": "TRANSFORMATION"},
    Derivation.AGGREGATION: {"type": "DIRECT", "subtype": "AGGREGATION"},
    Derivation.INDIRECT: {"type": "INDIRECT"},
}


class Facets:
    """`producer`: an address of this installation, which every facet names."""

    def __init__(self, producer: str) -> None:
        self._producer = producer

    def of(self, **facets: Mapping[str, Any] | None) -> Body:
        """Those that there is anything of."""
        return {name: self._facet(name, values) for name, values in facets.items() if values is not None}

    def _facet(self, name: str, values: Mapping[str, Any]) -> Body:
        path = _FACETS[name]
        return {"_producer": self._producer, "_schemaURL": f"{SPEC}/facets/{path}.json#/$defs/{path.rsplit('/', 1)[1]}", **values}


def without_none(values: Mapping[str, Any]) -> Body:
    return {key: value for key, value in values.items() if value is not None}


def statistics(rows: int | None, size: int | None, files: int | None = None) -> Body | None:
    return without_none({"rowCount": rows, "size": size, "fileCount": files}) or None


def column_lineage(edges: Sequence[tuple[str, str, str, str, Derivation]]) -> Body | None:
    """Of column, namespace, dataset, its column, and how; what decides which rows there are has no column."""
    fields: dict[str, Body] = {}
    whole: list[Body] = []
    for column, namespace, dataset, source, how in edges:
        into = fields.setdefault(column, {"inputFields": []})["inputFields"] if column else whole
        into.append({"namespace": namespace, "name": dataset, "field": source, "transformations": [_TRANSFORMATIONS[how]]})
    return {"fields": fields, **({"dataset": whole} if whole else {})} if fields or whole else None
