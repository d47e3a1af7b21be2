"""Moves finalised rows of a hot table into sorted Parquet."""
