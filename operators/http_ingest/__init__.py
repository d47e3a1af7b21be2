"""Fetches a feed from outside the chain, JSON or CSV, into a dataset."""
