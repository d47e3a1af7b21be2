"""Emits an event at every tick of a schedule."""
