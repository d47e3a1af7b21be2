"""Says whether a chain still makes blocks."""
