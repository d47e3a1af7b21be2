"""Turns cursors that move on into ranges of a fixed size."""
