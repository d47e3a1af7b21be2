"""What a person's SQL may say: read by DuckDB's own parser, held against lists of what is known, rewritten to what is pinned."""
