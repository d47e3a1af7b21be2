"""The graph around a dataset as somebody may see it: what they may not see is counted, and not named."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from apps.dags.models import Dag, Job
from apps.datasets.models import Dataset
from apps.lineage.models import OutputColumns
from apps.lineage.selectors import Arrow, Asked, Graph, Node, graph_of
from apps.orgs import policy
from apps.orgs.models import Org
from apps.orgs.policy import Principal


@dataclass(frozen=True)
class ShownNode:
    """`hops` below zero is upstream. `columns`: those on the way of the column that was asked for; None where it does not come by.

    `is_own`: a dataset of the org's catalog. `untraced`: why nobody can say which columns it has of what it is made of.
    """

    node: Node
    hops: int
    columns: tuple[str, ...] | None
    operator: str = ""
    is_own: bool = False
    untraced: str = ""
    has_more: bool = False

    @property
    def name(self) -> str:
        return self.node.dataset or f"{self.node.dag} / {self.node.job}"


@dataclass(frozen=True)
class ShownGraph:
    asked: Asked
    nodes: tuple[ShownNode, ...]
    arrows: tuple[Arrow, ...]
    hidden_datasets: int
    hidden_jobs: int
    is_cut: bool
    # Of the dataset itself, to choose from.
    columns: tuple[str, ...] = ()

    @property
    def has_more(self) -> bool:
        return self.is_cut or any(one.has_more for one in self.nodes)


def shown_graph(org: Org, dataset: Dataset, asked: Asked, who: Principal, *, now: datetime) -> ShownGraph:
    graph = graph_of(org, dataset.name, asked)
    datasets = {node for node in graph.depth if node.dataset}
    own = set(Dataset.objects.of(org).filter(name__in=[one.dataset for one in datasets]).values_list("name", flat=True))
    open_ones = policy.visible(Dataset.objects.of(org).filter(name__in=own), who, now=now)
    seen = set(open_ones.values_list("name", flat=True)) | {dataset.name}
    dags = policy.visible(Dag.objects.of(org).filter(name__in={node.dag for node in graph.depth if node.job}), who, now=now)
    known = set(dags.values_list("name", flat=True))
    # Another org's, which a DAG names: whoever sees the DAG reads it there.
    foreign = {arrow.source.dataset for arrow in graph.arrows if arrow.source.dataset and arrow.target.dag in known} - own
    kept = {node for node in graph.depth if (node.dag in known if node.job else node.dataset in seen | foreign)}
    operators = _operators(org, {node for node in kept if node.job})
    reasons = _untraced(org, graph, known)
    nodes = tuple(
        _shown(
            graph,
            node,
            operators.get(node, ""),
            is_own=node.dataset in own,
            untraced=reasons.get(node, ""),
            focused=bool(asked.column),
        )
        for node in sorted(kept, key=lambda one: (graph.depth[one], one))
    )
    arrows = tuple(sorted(arrow for arrow in graph.arrows if arrow.source in kept and arrow.target in kept))
    hidden = graph.depth.keys() - kept
    hidden_datasets = sum(bool(node.dataset) for node in hidden)
    return ShownGraph(asked, nodes, arrows, hidden_datasets, len(hidden) - hidden_datasets, graph.is_cut, columns_known(dataset))


def _shown(graph: Graph, node: Node, operator: str, *, is_own: bool, untraced: str, focused: bool) -> ShownNode:
    columns = tuple(sorted(graph.columns[node])) if focused and node in graph.columns else None
    return ShownNode(node, graph.depth[node], columns, operator, is_own, untraced, node in graph.ends)


def columns_known(dataset: Dataset) -> tuple[str, ...]:
    current = dataset.output.current if dataset.output else None
    written = [column["name"] for column in current.schema] if current else []
    return tuple(dict.fromkeys([*written, *(column.name for column in dataset.schema)]))


def _operators(org: Org, jobs: Collection[Node]) -> dict[Node, str]:
    rows = _active_jobs(org, jobs).values_list("version__dag__name", "name", "operator")
    return {Node(dag=dag, job=name): operator for dag, name, operator in rows}


def _active_jobs(org: Org, jobs: Iterable[Node]):  # type: ignore[no-untyped-def]
    dags = {node.dag for node in jobs}
    active = Dag.objects.of(org).filter(active__isnull=False, name__in=dags).values("active")
    return Job.objects.filter(version__in=active, name__in={node.job for node in jobs})


def _untraced(org: Org, graph: Graph, known: Collection[str]) -> dict[Node, str]:
    """Of datasets, by the jobs that make them; of what is not published, of the job itself. A reason names the operator and columns of its job: only to those who see its DAG."""
    made = {
        (arrow.source.dag, arrow.source.job, arrow.output): arrow.target if arrow.target.dataset else arrow.source
        for arrow in graph.arrows if arrow.source.job
    }  # fmt: skip
    active = Dag.objects.of(org).filter(active__isnull=False, name__in={dag for dag, _, _ in made}).values("active")
    rows = OutputColumns.objects.filter(version__in=active, job__in={job for _, job, _ in made}).exclude(reason="")
    found = rows.values_list("version__dag__name", "job", "output", "reason")
    return {
        made[dag, job, output]: reason if dag in known else "A job that you do not see makes it."
        for dag, job, output, reason in found if (dag, job, output) in made
    }  # fmt: skip
