"""Passes on what arrived: a join, or a placeholder."""
