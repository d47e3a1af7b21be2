"""One step up or down between datasets and jobs of active versions: for any number of them in a few statements.

Not one recursive statement over everything that an org has: what is reached is little, and each step finds it by an index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from apps.dags.models import Dag, Edge
from apps.datasets.models import Producer
from apps.orgs.models import Org


@dataclass(frozen=True, order=True)
class Node:
    """A dataset by its name; or a job of a DAG."""

    dataset: str = ""
    dag: str = ""
    job: str = ""


@dataclass(frozen=True, order=True)
class Arrow:
    """From what is read to what reads it, or from a job to what it makes. `output`: of the job in it."""

    source: Node
    target: Node
    output: int = 0


class Steps:
    def __init__(self, org: Org) -> None:
        self._org = org
        self.active = Dag.objects.of(org).filter(active__isnull=False).values("active")

    def up(self, nodes: Collection[Node]) -> set[Arrow]:
        """To the jobs that make datasets, and to what jobs read."""
        return self._made(nodes, up=True) | self._read(nodes, up=True)

    def down(self, nodes: Collection[Node]) -> set[Arrow]:
        return self._made(nodes, up=False) | self._read(nodes, up=False)

    def _made(self, nodes: Collection[Node], *, up: bool) -> set[Arrow]:
        # Of a union no job is said: it is read over two.
        made = Q(dag__in=_dags(nodes), job__in=[*_jobs(nodes), ""])
        wanted = Q(dataset__name__in=_datasets(nodes)) if up else made
        return {one for one, _ in self._producers(wanted) if (one.target if up else one.source) in nodes}

    def _producers(self, wanted: Q) -> Iterator[tuple[Arrow, bool]]:
        """With whether it is a union, which is read over two outputs that may have names of their own."""
        found = Producer.objects.filter(wanted, dataset__org=self._org).values_list(
            "dataset__name", "dag", "job", "output", "spec"
        )
        for dataset, dag, job, output, spec in found:
            for name, number in _halves(job, output, spec):
                yield Arrow(Node(dag=dag, job=name), Node(dataset), number), not job

    def _read(self, nodes: Collection[Node], *, up: bool) -> set[Arrow]:
        if up:
            rows = self._edges(job__name__in=_jobs(nodes), job__version__dag__name__in=_dags(nodes))
            return {arrow for arrow in self._arrows(rows) if arrow.target in nodes}
        made = self._made_names(Q(dataset__name__in=_datasets(nodes)))
        jobs = {(dag, job) for dag, job, _ in made} | {(node.dag, node.job) for node in nodes if node.job}
        # Uses index dag_edge_dataset, and that of the source: each for itself, since one statement for both would read every edge.
        by_name = self._edges(dataset__in=_datasets(nodes))
        inside = self._edges(source__name__in={job for _, job in jobs}, source__version__dag__name__in={dag for dag, _ in jobs})
        return {arrow for arrow in self._arrows({*by_name, *inside}) if arrow.source in nodes}

    def _edges(self, **wanted: Collection[str]) -> list[Any]:
        if not all(wanted.values()):
            return []
        edges: QuerySet[Edge] = Edge.objects.filter(**wanted, job__version__in=self.active)
        return list(edges.values_list("job__version__dag__name", "job__name", "dataset", "source__name", "output"))

    def _arrows(self, rows: Iterable[Any]) -> Iterator[Arrow]:
        """What another job of the DAG makes is the dataset that it is published as, whether it is read by that name or not."""
        rows = list(rows)
        inside = [(dag, source) for dag, _, dataset, source, _ in rows if not dataset and source]
        published = self.published(inside)
        for dag, job, dataset, source, output in rows:
            target = Node(dag=dag, job=job)
            names = [dataset] if dataset else published.get((dag, source, output), [])
            yield from (Arrow(Node(name), target) for name in names)
            if not names and source:
                yield Arrow(Node(dag=dag, job=source), target, output)

    def published(self, jobs: Collection[tuple[str, str]]) -> dict[tuple[str, str, int], list[str]]:
        """The names of what jobs make, each said by its DAG and its name; by DAG, job and output."""
        return self._made_names(Q(dag__in={dag for dag, _ in jobs}, job__in={job for _, job in jobs})) if jobs else {}

    def _made_names(self, wanted: Q) -> dict[tuple[str, str, int], list[str]]:
        """Who reads a job reads what it makes, and not the union that it is a half of."""
        found: dict[tuple[str, str, int], list[str]] = {}
        for arrow, is_union in sorted(self._producers(wanted)):
            if not is_union:
                found.setdefault((arrow.source.dag, arrow.source.job, arrow.output), []).append(arrow.target.dataset)
        return found


def _halves(job: str, output: int, spec: dict[str, Any]) -> list[tuple[str, int]]:
    if job:
        return [(job, output)]
    union = spec.get("union") or {}
    return [(union[half]["job"], union[half].get("output") or 0) for half in ("cold", "hot") if half in union]


def _datasets(nodes: Collection[Node]) -> set[str]:
    return {node.dataset for node in nodes if node.dataset}


def _dags(nodes: Collection[Node]) -> set[str]:
    return {node.dag for node in nodes if node.job}


def _jobs(nodes: Collection[Node]) -> set[str]:
    return {node.job for node in nodes if node.job}
