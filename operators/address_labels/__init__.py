"""Publishes the labels that people gave to addresses as a dataset to join with."""
