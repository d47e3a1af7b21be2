"""Where the nodes of a graph are drawn: columns from left to right, upstream first. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from apps.console.catalog.lineage_graph import ShownGraph, ShownNode
from apps.lineage.selectors import Arrow, Node

# One job each way is five nodes, and fits beside the rail of a window of 1,280.
WIDTH, HEIGHT = 180, 44
_GAP_ACROSS, _GAP_DOWN, _MARGIN = 28, 12, 8
_LETTERS = 19


@dataclass(frozen=True)
class Box:
    shown: ShownNode
    x: int
    y: int
    is_start: bool
    is_dim: bool

    @property
    def words(self) -> str:
        name = self.shown.node.dataset or self.shown.node.job
        return name if len(name) <= _LETTERS else f"{name[:7]}…{name[-9:]}"

    @property
    def below(self) -> str:
        """The second line."""
        if self.shown.columns:
            words = ", ".join("every column" if one == "*" else one for one in self.shown.columns)
        else:
            words = f"{self.shown.operator} in {self.shown.node.dag}" if self.shown.node.job else "dataset"
        return words if len(words) <= _LETTERS + 6 else f"{words[: _LETTERS + 5]}…"

    @property
    def text_x(self) -> int:
        return self.x + 12

    @property
    def name_y(self) -> int:
        return self.y + 18

    @property
    def below_y(self) -> int:
        return self.y + 34


@dataclass(frozen=True)
class Line:
    path: str
    is_dim: bool


@dataclass(frozen=True)
class Drawing:
    boxes: Sequence[Box]
    lines: Sequence[Line]
    width: int
    height: int


def drawn(graph: ShownGraph, start: str) -> Drawing:
    columns = _columns(graph, Node(start))
    rows: defaultdict[int, list[ShownNode]] = defaultdict(list)
    for node in graph.nodes:
        rows[columns[node.node]].append(node)
    first, most = min(rows), max(map(len, rows.values()))
    height = most * (HEIGHT + _GAP_DOWN) - _GAP_DOWN + 2 * _MARGIN
    boxes = {
        node.node: _box(graph, node, column - first, row, len(nodes), height, is_start=node.node == Node(start))
        for column, nodes in rows.items() for row, node in enumerate(nodes)
    }  # fmt: skip
    lines = [_line(boxes, arrow) for arrow in dict.fromkeys((one.source, one.target) for one in graph.arrows)]
    width = (max(rows) - first + 1) * (WIDTH + _GAP_ACROSS) - _GAP_ACROSS + 2 * _MARGIN
    return Drawing(list(boxes.values()), lines, width, height)


def _box(graph: ShownGraph, node: ShownNode, column: int, row: int, of: int, height: int, *, is_start: bool) -> Box:
    top = (height - of * (HEIGHT + _GAP_DOWN) + _GAP_DOWN) // 2
    return Box(
        node, _MARGIN + column * (WIDTH + _GAP_ACROSS), top + row * (HEIGHT + _GAP_DOWN), is_start,
        is_dim=bool(graph.asked.column) and node.columns is None,
    )  # fmt: skip


def _line(boxes: Mapping[Node, Box], ends: tuple[Node, Node]) -> Line:
    source, target = boxes[ends[0]], boxes[ends[1]]
    x1, y1, x2, y2 = source.x + WIDTH, source.y + HEIGHT // 2, target.x, target.y + HEIGHT // 2
    bend = max(14, (x2 - x1) // 2)
    return Line(f"M{x1} {y1}C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}", source.is_dim or target.is_dim)


def _columns(graph: ShownGraph, start: Node) -> dict[Node, int]:
    """What is read stands left of what reads it, as far as that goes: datasets of several DAGs may be made of each other."""
    found = {one.node: 0 for one in graph.nodes}
    hops = {one.node: one.hops for one in graph.nodes}
    for node in found:
        found[node] = 2 * hops[node] - (bool(node.job) if hops[node] > 0 else -bool(node.job) if hops[node] < 0 else 0)
    for _ in range(len(found)):
        moved = [(arrow, place) for arrow in graph.arrows if (place := _place(found, hops, arrow)) is not None]
        if not moved:
            break
        for arrow, place in moved:
            found[arrow.source if hops[arrow.source] < 0 else arrow.target] = place
    used = sorted(set(found.values()))
    return {node: used.index(column) for node, column in found.items()}


def _place(found: Mapping[Node, int], hops: Mapping[Node, int], arrow: Arrow) -> int | None:
    """Where one end of an arrow that does not lead to the right belongs; None where it does."""
    if found[arrow.source] < found[arrow.target] or abs(found[arrow.source]) > 2 * len(found):
        return None
    return found[arrow.target] - 1 if hops[arrow.source] < 0 else found[arrow.source] + 1
