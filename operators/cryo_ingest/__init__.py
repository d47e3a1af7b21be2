"""Fetches a historical range of blocks with cryo, as Parquet."""
