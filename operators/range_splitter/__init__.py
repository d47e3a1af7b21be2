"""Splits a range into ranges of a smaller size."""
