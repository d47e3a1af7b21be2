"""Asks several providers for the same block and records where they differ."""
