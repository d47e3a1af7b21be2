from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fixtures.chain import Node
from tests.fixtures.varied_chain import varied


@pytest.fixture(scope="module")
def chain() -> Iterator[Node]:
    """One of everything; its tests only read."""
    node = Node()
    node.start()
    varied(node)
    yield node
    node.stop()
