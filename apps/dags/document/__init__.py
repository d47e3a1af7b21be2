"""A DAG as text: read it with positions, say everything that is wrong with it, and what it means. No database, no network."""
