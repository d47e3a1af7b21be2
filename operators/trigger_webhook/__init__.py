"""Emits an event when somebody calls its address."""
