"""Holds stored data against the chain and against itself."""
