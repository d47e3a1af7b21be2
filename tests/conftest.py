"""Fixtures for every test. The servers are started by tests/plugin.py; each subject's fixtures have a file of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings

pytest_plugins = [
    "tests.fixtures.people",
    "tests.fixtures.emptying",
    "tests.fixtures.platform",
    "tests.fixtures.modules",
    "tests.fixtures.buckets",
    "tests.fixtures.data",
    "tests.fixtures.browser",
    "tests.fixtures.chain",
    "tests.fixtures.sso",
    "tests.fixtures.forger",
]


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """The real hasher takes a third of a second for every persona, on purpose; here nobody guesses."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield
