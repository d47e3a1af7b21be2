"""Decodes logs into tables with a contract's ABI."""
