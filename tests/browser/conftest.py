from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.dags import opened
from tests.factories import Persona
from tests.fixtures.browser import Visit, Visitor

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One Chromium: every browser test in the same process, with a real server and therefore real commits in both databases."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))
            item.add_marker(pytest.mark.django_db(transaction=True, databases=["default", "data"]))


@pytest.fixture
def editor(visit: Visit, writer: Persona) -> Visitor:
    return opened(visit, writer)
