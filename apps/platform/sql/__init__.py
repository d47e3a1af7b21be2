"""What a person's SQL may say: read by DuckDB's own parser, held against lists of what is known, rewritten to what is pinned.

`gate.read`, `rewriting.rewrite`, `columns.columns_of` and `meaning.meant` are for others; the rest is how they do it.
"""
