"""Whether two texts mean the same to DuckDB: whether their trees are the same, wherever in the text the parts stand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.platform.sql.statement import Node

# Where it stands; and a list without an order.
_NOT_MEANT = frozenset({"query_location", "named_param_map"})


def mean_the_same(tree: Node, other: Node, exchanged: Callable[[Node], Node] = lambda node: node) -> bool:
    """`exchanged`: what is to be in place of a node of the first."""
    # Without recursion: what the gate lets through may be deeper than Python goes.
    left: list[tuple[Any, Any]] = [(tree, other)]
    while left:
        one, two = left.pop()
        if isinstance(one, dict) and isinstance(two, dict):
            one, two = _meant(exchanged(one)), _meant(two)
            if one.keys() != two.keys():
                return False
            left += [(one[name], two[name]) for name in one]
        elif isinstance(one, list) and isinstance(two, list):
            if len(one) != len(two):
                return False
            left += zip(one, two, strict=True)
        elif repr(one) != repr(two):
            return False
    return True


def _meant(node: Node) -> Node:
    return {name: value for name, value in node.items() if name not in _NOT_MEANT}
