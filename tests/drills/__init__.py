"""Faults against the whole stack, under load. `make drills`; each drill is a file of its own."""
