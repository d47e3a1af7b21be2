"""From a dataset as far as it is asked: what it is made of, and what is made of it; of one column, if it is asked for one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum

from apps.lineage.selectors.columns import ColumnPaths
from apps.lineage.selectors.steps import Arrow, Node, Steps
from apps.orgs.models import Org

DEEPEST = 20
MOST_NODES = 2_000


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"
    BOTH = "both"


@dataclass
class Graph:
    """`depth`: how many jobs lie between a node and the start, below zero upwards. `columns`: on the way of the column that was asked for.

    `is_cut`: there is more than fits.
    """

    start: Node
    depth: dict[Node, int] = field(default_factory=dict)
    arrows: set[Arrow] = field(default_factory=set)
    columns: dict[Node, set[str]] = field(default_factory=dict)
    ends: set[Node] = field(default_factory=set)
    is_cut: bool = False

    def at(self, depth: int) -> list[Node]:
        return sorted(node for node, found in self.depth.items() if found == depth)


@dataclass(frozen=True)
class Asked:
    direction: Direction = Direction.BOTH
    hops: int = 1
    column: str = ""
    most: int = MOST_NODES


def graph_of(org: Org, dataset: str, asked: Asked) -> Graph:
    steps, start = Steps(org), Node(dataset)
    graph = Graph(start, {start: 0})
    if asked.direction is not Direction.DOWN:
        _walk(graph, steps.up, asked, up=True)
    if asked.direction is not Direction.UP:
        _walk(graph, steps.down, asked, up=False)
    if asked.column:
        graph.columns = ColumnPaths(org, graph.arrows).of(start, asked.column)
    return graph


def _walk(graph: Graph, step: Callable[[Collection[Node]], set[Arrow]], asked: Asked, *, up: bool) -> None:
    """A hop is a job: to it, and from it to what lies behind it. A job that reads a job is the next hop."""
    sign, frontier = (-1 if up else 1), {graph.start}
    for hop in range(1, min(asked.hops, DEEPEST) + 1):
        jobs = _reached(graph, step({node for node in frontier if node.dataset}), sign * hop, asked, up=up)
        jobs |= {node for node in frontier if node.job}
        frontier = _reached(graph, step(jobs), sign * hop, asked, up=up)
        if not frontier:
            return
    behind = step(frontier)
    graph.ends |= frontier & {arrow.target if up else arrow.source for arrow in behind}


def _reached(graph: Graph, arrows: set[Arrow], depth: int, asked: Asked, *, up: bool) -> set[Node]:
    """Nodes that are new; in one order, so that what is cut is the same each time."""
    new: set[Node] = set()
    for arrow in sorted(arrows, key=lambda one: (one.source, one.target, one.output)):
        node = arrow.source if up else arrow.target
        if node not in graph.depth:
            if len(graph.depth) >= asked.most:
                graph.is_cut = True
                continue
            graph.depth[node] = depth
            new.add(node)
        graph.arrows.add(arrow)
    return new
