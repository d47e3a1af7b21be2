"""A source that never ends and needs no chain: a cursor that grows."""
