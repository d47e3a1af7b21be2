"""What programs and pages are told of a version, a comparison, a graph: one shape of each, for both."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apps.dags.document.comparing import Comparison, DatasetChange, FieldChange, JobChange
from apps.dags.document.graph import Arrow, Graph, Vertex
from apps.dags.domain import VersionState
from apps.dags.models import Activation, Dag, DagVersion

Told = dict[str, Any]


def state_of(version: DagVersion, dag: Dag) -> VersionState:
    return VersionState.ACTIVE if dag.active_id == version.pk else VersionState.DEPLOYED


def told_version(version: DagVersion, dag: Dag) -> Told:
    return {
        "id": str(version.pk), "dag": dag.name, "number": version.number, "yaml_hash": version.yaml_hash,
        "state": state_of(version, dag).value, "created_at": version.created_at,
        "created_by": version.created_by.email if version.created_by else None,
    }  # fmt: skip


def told_activation(made: Activation, dag: Dag) -> Told:
    return {
        "id": str(made.pk), "move": made.move,
        "version": told_version(made.version, dag) if made.version else None,
        "before": told_version(made.before, dag) if made.before else None,
        "made_by": made.made_by.email if made.made_by else None, "made_at": made.made_at,
    }  # fmt: skip


def told_comparison(comparison: Comparison) -> Told:
    return {
        "rebuild_scope": list(comparison.rebuild_scope),
        "jobs": [_job(job) for job in comparison.jobs],
        "datasets": [_dataset(dataset) for dataset in comparison.datasets],
    }


def told_graph(graph: Graph, changes: Comparison | None = None) -> Told:
    """`changes` colours the picture of a comparison."""
    by_id = {f"job:{job.name}": job.change.value for job in changes.jobs} if changes else {}
    by_id |= {f"dataset:{one.name}": one.change.value for one in changes.datasets} if changes else {}
    nodes = [_vertex(vertex) | ({"change": by_id.get(vertex.id, "same")} if changes else {}) for vertex in graph.vertices]
    return {"nodes": nodes, "edges": [_arrow(arrow) for arrow in graph.arrows]}


def _vertex(vertex: Vertex) -> Told:
    return asdict(vertex)


def _arrow(arrow: Arrow) -> Told:
    return {"from": arrow.source, "to": arrow.target, "label": arrow.label, "filtered": arrow.filtered}


def _job(job: JobChange) -> Told:
    return {
        "name": job.name, "change": job.change.value, "is_rebuilt": job.is_rebuilt, "because": job.because,
        "source": job.source.value if job.source else None, "fields": [_field(one) for one in job.fields],
    }  # fmt: skip


def _dataset(dataset: DatasetChange) -> Told:
    return {"name": dataset.name, "change": dataset.change.value, "fields": [_field(one) for one in dataset.fields]}


def _field(one: FieldChange) -> Told:
    return {"path": one.path, "before": one.before, "after": one.after}
