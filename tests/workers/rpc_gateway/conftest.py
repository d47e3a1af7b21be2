"""Real nodes of one chain, faulty proxies before them, and a gateway: one of each kind for a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fixtures.chain import Node
from tests.workers.rpc_gateway.faulty import FaultyProxy
from tests.workers.rpc_gateway.running import Gateway, gateway_of, pool, provider


@pytest.fixture(scope="module")
def chain() -> Iterator[Node]:
    """With so many blocks that some are final."""
    node = Node()
    node.start()
    node.mine(80)
    node.mine(2, transfers=3, tokens=2)
    node.mine(70)
    yield node
    node.stop()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway_of(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
def proxies(chain: Node, gateway: Gateway) -> Iterator[list[FaultyProxy]]:
    """Two ways to the same node."""
    made = [FaultyProxy(chain.url), FaultyProxy(chain.url)]
    for one in made:
        one.start()
    yield made
    # A server that ends while somebody connects leaves that connection to nobody.
    gateway.serve()
    for one in made:
        one.heals()
        one.stop()


@pytest.fixture
def pair(gateway: Gateway, proxies: list[FaultyProxy]) -> tuple[FaultyProxy, FaultyProxy]:
    """Served as `a` and `b` of the pool `main`; most tasks are given `a`, which has the weight for it."""
    first, second = proxies
    gateway.serve(pool(provider("a", first.url, weight=1000), provider("b", second.url, weight=1)))
    return first, second
