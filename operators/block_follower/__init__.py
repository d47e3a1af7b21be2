"""Follows the tip of a chain into hot tables, and rewrites what a reorg changed."""
