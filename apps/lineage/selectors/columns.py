"""The way of one column through jobs whose columns are traced: up to what it is made of, down to what is made of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

from django.db.models import Q

from apps.lineage.models import ColumnEdge
from apps.lineage.selectors.steps import Arrow, Node, Steps
from apps.orgs.models import Org
from operators.sdk.declaration import EVERY

# Column of what is read, column of what is made; what is made, as a whole, is "".
Pair = tuple[str, str]
# What has columns: a dataset, or an output that is not published, by its job and its number.
Place = tuple[Node, int]


class ColumnPaths:
    """Over the arrows of a graph, and no further. A union has the columns of both its halves, by name."""

    def __init__(self, org: Org, arrows: Collection[Arrow]) -> None:
        self._made = {(arrow.source, arrow.output, _target(arrow)) for arrow in arrows if arrow.source.job}
        self._steps = Steps(org)
        self._reads: defaultdict[Node, set[Place]] = defaultdict(set)
        for arrow in arrows:
            if arrow.target.job:
                self._reads[arrow.target].add((arrow.source, arrow.output if arrow.source.job else 0))

    def of(self, start: Node, column: str) -> dict[Node, set[str]]:
        """Jobs on the way have the columns of what they make and do not publish; of others theirs is empty."""
        found: dict[Node, set[str]] = {start: {column}}
        for arrows in (self._up, self._down):
            frontier = {((start, 0), column)}
            seen = set(frontier)
            while frontier:
                frontier = {
                    (place, name)
                    for at in frontier
                    for place, name in self._next(arrows[at[0]], at[1], found, up=arrows is self._up)
                } - seen
                seen |= frontier
            for (node, _), name in seen:
                found.setdefault(node, set()).add(name)
        return found

    def _next(
        self, ways: Iterable[tuple[Node, Place, Pair]], name: str, found: dict[Node, set[str]], *, up: bool
    ) -> set[tuple[Place, str]]:
        reached = set()
        for job, place, (read, made) in ways:
            here, there = (made, read) if up else (read, made)
            if here in {name, EVERY} or name == EVERY or (up and here == ""):
                found.setdefault(job, set())
                reached.add((place, name if there == EVERY else there or EVERY))
        return reached

    @cached_property
    def _up(self) -> dict[Place, list[tuple[Node, Place, Pair]]]:
        ways: defaultdict[Place, list[tuple[Node, Place, Pair]]] = defaultdict(list)
        for job, source, target, pair in self._pairs:
            ways[target].append((job, source, pair))
        return ways

    @cached_property
    def _down(self) -> dict[Place, list[tuple[Node, Place, Pair]]]:
        ways: defaultdict[Place, list[tuple[Node, Place, Pair]]] = defaultdict(list)
        for job, source, target, pair in self._pairs:
            ways[source].append((job, target, pair))
        return ways

    @cached_property
    def _pairs(self) -> list[tuple[Node, Place, Place, Pair]]:
        """Job, what it reads, what it makes, and the columns of both."""
        edges = self._edges()
        published = self._steps.published(
            {(job.dag, edge.source_job) for (job, _), said in edges.items() for edge in said if edge.source_job}
        )
        return [
            (job, source, target, (edge.source_column, edge.column))
            for job, output, target in self._made
            for edge in edges[job, output]
            for source in self._reads[job] & _sources(edge, job.dag, published)
        ]

    def _edges(self) -> defaultdict[tuple[Node, int], list[ColumnEdge]]:
        jobs = {job for job, _, _ in self._made}
        wanted = Q(of__version__dag__name__in={job.dag for job in jobs}, of__job__in={job.job for job in jobs})
        rows = ColumnEdge.objects.filter(wanted, of__version__in=self._steps.active).select_related("of__version__dag")
        found: defaultdict[tuple[Node, int], list[ColumnEdge]] = defaultdict(list)
        for row in rows.defer("of__version__yaml", "of__version__publish"):
            found[Node(dag=row.of.version.dag.name, job=row.of.job), row.of.output].append(row)
        return found


def _target(arrow: Arrow) -> Place:
    """What another job reads by the job that makes it has no name of its own."""
    return (arrow.target, 0) if arrow.target.dataset else (arrow.source, arrow.output)


def _sources(edge: ColumnEdge, dag: str, published: Mapping[tuple[str, str, int], Sequence[str]]) -> set[Place]:
    """As arrows have them: what another job of the DAG makes is the dataset that it is published as, if it is."""
    if edge.source_dataset:
        return {(Node(edge.source_dataset), 0)}
    names = published.get((dag, edge.source_job, edge.source_output))
    return {(Node(name), 0) for name in names} if names else {(Node(dag=dag, job=edge.source_job), edge.source_output)}
