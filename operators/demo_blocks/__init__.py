"""Blocks that no chain has: for trying datasets, rebuilds and queries without a provider."""
