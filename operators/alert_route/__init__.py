"""Decides who is told of an alert, and makes the work of telling them."""
