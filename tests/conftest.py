"""Fixtures for every test. The servers are started by tests/plugin.py; each subject's fixtures have a file of their own."""

pytest_plugins = ["tests.fixtures.people"]
