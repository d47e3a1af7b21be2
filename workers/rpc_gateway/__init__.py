"""The only way to a chain: one process between tasks and the providers of every pool."""
