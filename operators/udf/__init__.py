"""Runs a bundle of code that a user wrote."""
