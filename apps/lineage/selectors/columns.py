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


class ColumnPaths:
    """Over the arrows of a graph, and no further. A union has the columns of both its halves, by name."""

    def __init__(self, org: Org, arrows: Collection[Arrow]) -> None:
        self._made = [arrow for arrow in arrows if arrow.source.job and arrow.target.dataset]
        self._steps = Steps(org)
        self._reads: defaultdict[Node, set[Node]] = defaultdict(set)
        for arrow in arrows:
            if arrow.target.job:
                self._reads[arrow.target].add(arrow.source)

    def of(self, start: Node, column: str) -> dict[Node, set[str]]:
        """Jobs on the way have no column of their own: theirs is empty."""
        found: dict[Node, set[str]] = {start: {column}}
        for arrows in (self._up, self._down):
            frontier = {(start, column)}
            seen = set(frontier)
            while frontier:
                frontier = {
                    (node, name)
                    for at in frontier
                    for node, name in self._next(arrows[at[0]], at[1], found, up=arrows is self._up)
                } - seen
                seen |= frontier
            for node, name in seen:
                found.setdefault(node, set()).add(name)
        return found

    def _next(
        self, ways: Iterable[tuple[Node, Node, Pair]], name: str, found: dict[Node, set[str]], *, up: bool
    ) -> set[tuple[Node, str]]:
        reached = set()
        for job, node, (read, made) in ways:
            here, there = (made, read) if up else (read, made)
            if here in {name, EVERY} or name == EVERY or (up and here == ""):
                found.setdefault(job, set())
                reached.add((node, name if there == EVERY else there or EVERY))
        return reached

    @cached_property
    def _up(self) -> dict[Node, list[tuple[Node, Node, Pair]]]:
        ways: defaultdict[Node, list[tuple[Node, Node, Pair]]] = defaultdict(list)
        for job, source, target, pair in self._pairs:
            ways[target].append((job, source, pair))
        return ways

    @cached_property
    def _down(self) -> dict[Node, list[tuple[Node, Node, Pair]]]:
        ways: defaultdict[Node, list[tuple[Node, Node, Pair]]] = defaultdict(list)
        for job, source, target, pair in self._pairs:
            ways[source].append((job, target, pair))
        return ways

    @cached_property
    def _pairs(self) -> list[tuple[Node, Node, Node, Pair]]:
        """Job, what it reads, what it makes, and the columns of both."""
        edges = self._edges()
        published = self._steps.published({arrow.source.dag for arrow in self._made})
        return [
            (arrow.source, source, arrow.target, (edge.source_column, edge.column))
            for arrow in self._made
            for edge in edges[arrow.source, arrow.output]
            for source in self._reads[arrow.source] & _sources(edge, arrow.source.dag, published)
        ]

    def _edges(self) -> defaultdict[tuple[Node, int], list[ColumnEdge]]:
        wanted = Q(
            of__version__dag__name__in={arrow.source.dag for arrow in self._made},
            of__job__in={arrow.source.job for arrow in self._made},
        )
        rows = ColumnEdge.objects.filter(wanted, of__version__in=self._steps.active).select_related("of__version__dag")
        found: defaultdict[tuple[Node, int], list[ColumnEdge]] = defaultdict(list)
        for row in rows.defer("of__version__yaml", "of__version__publish"):
            found[Node(dag=row.of.version.dag.name, job=row.of.job), row.of.output].append(row)
        return found


def _sources(edge: ColumnEdge, dag: str, published: Mapping[tuple[str, str, int], Sequence[str]]) -> set[Node]:
    """As arrows have them: what another job of the DAG makes is the dataset that it is published as, if it is."""
    if edge.source_dataset:
        return {Node(edge.source_dataset)}
    names = published.get((dag, edge.source_job, edge.source_output))
    return {Node(name) for name in names} if names else {Node(dag=dag, job=edge.source_job)}
