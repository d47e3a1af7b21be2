"""Reads of how data was made, and of what is made of it."""

from apps.lineage.selectors.descent import MOST_MADE, Descent, descent_of
from apps.lineage.selectors.graph import DEEPEST, Asked, Direction, Graph, graph_of
from apps.lineage.selectors.holding import MOST, Missing, Stale, missing_of, stale_by_readings
from apps.lineage.selectors.provenance import made_of, told_inputs
from apps.lineage.selectors.steps import Arrow, Node

__all__ = [
    "DEEPEST", "MOST", "MOST_MADE", "Arrow", "Asked", "Descent", "Direction", "Graph", "Missing", "Node", "Stale", "descent_of", "graph_of",
    "made_of", "missing_of", "stale_by_readings", "told_inputs",
]  # fmt: skip
