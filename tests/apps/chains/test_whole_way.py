"""Rows, the internal plane, the gateway as a process, a real node: the whole way that a question of the platform takes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import override_settings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from apps.chains import gateway, services
from apps.chains.models import RpcProvider
from apps.chains.trying import try_provider
from apps.dispatch.services import open_pool_for_process
from apps.platform.config import Config
from operators.sdk.rpc import NodeError
from tests.apps.chains.gateways import TOKEN
from tests.apps.chains.makers import BY, make_pool, make_provider
from tests.factories import NOON
from tests.fixtures.chain import Node
from tests.waiting import eventually
from tests.workers.rpc_gateway.beacon_node import BeaconNode
from tests.workers.rpc_gateway.running import gateway_of

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "data"])


@pytest.fixture
def config(live_server: LiveServer, gateway_config: Config, tmp_path: Path) -> Iterator[Config]:
    """The gateway asks the internal plane of this test for its pools."""
    with (
        override_settings(ROOT_URLCONF="traceweb.urls.internal"),
        gateway_of(tmp_path, TRACE_INTERNAL_URL=live_server.url, TRACE_GATEWAY_TOKEN=TOKEN) as running,
    ):
        found = dataclasses.replace(gateway_config, rpc_gateway_url=running.url, internal_url=live_server.url)
        with override_settings(CONFIG=found):
            yield found


@pytest.fixture
def provider(node: Node) -> RpcProvider:
    return make_provider(make_pool("demo", chain_id=31337), "anvil", url=node.url)


def heard_of(config: Config, provider: RpcProvider) -> None:
    def is_known() -> bool:
        pool = gateway.health_of(provider.pool.name, config)
        found = next((one for one in pool.providers if one.name == provider.name), None) if pool else None
        return found is not None and (found.head is not None or bool(found.problem))

    eventually(is_known, seconds=20)


def test_a_head_is_seen_and_asked_for(config: Config, provider: RpcProvider, node: Node) -> None:
    node.mine(4)
    heard_of(config, provider)
    eventually(lambda: (seen := gateway.head("demo", config)) is not None and seen.number == 4, seconds=20)
    seen = gateway.head("demo", config)
    rpc = gateway.rpc(open_pool_for_process("demo", process="dispatcher", now=timezone.now()), pool="demo")

    assert seen and seen.hash == node.block(4)["hash"] and seen.seen_at <= timezone.now()
    assert rpc.call("eth_blockNumber", provider="anvil") == hex(4) and list(rpc.providers()) == ["anvil"]
    with pytest.raises(NodeError):
        rpc.call("eth_noSuchMethod", provider="anvil")
    # It stays open as long as its thread: here that is the whole run.
    rpc._mine.connection.close()


def test_a_try_tells_chain_and_head(config: Config, provider: RpcProvider, node: Node) -> None:
    node.mine(5)
    heard_of(config, provider)
    tried = try_provider(provider, config=config)

    assert tried.is_well and tried.words.endswith("chain 31337, its head is block 5.")


def test_a_provider_of_another_chain_and_one_that_is_gone_are_told_in_words(config: Config, node: Node) -> None:
    wrong = make_provider(make_pool("main", chain_id=1), "wrong", url=node.url)
    gone = make_provider(wrong.pool, "gone", url="http://127.0.0.1:1")
    for row in (wrong, gone):
        heard_of(config, row)
        tried = try_provider(row, config=config)
        assert not tried.is_well and row.name in tried.words, tried
    assert "31337" in try_provider(wrong, config=config).words


def test_a_key_comes_to_the_provider_and_a_change_to_the_gateway(config: Config, node: Node) -> None:
    services.write_key("NODE_KEY", "a-key", by=BY, now=NOON, config=config)
    row = make_provider(make_pool("demo", chain_id=31337), "anvil", url=f"{node.url}/?k={{key}}", secret="NODE_KEY")
    heard_of(config, row)
    before = gateway.status(config)
    assert try_provider(row, config=config).is_well and "a-key" not in before.model_dump_json()

    services.switch_provider(row, is_enabled=False, by=BY, now=NOON)
    eventually(lambda: gateway.status(config).revision != before.revision, seconds=20)
    health = gateway.health_of("demo", config)
    assert health and health.providers == []


def test_a_beacon_node_tells_its_slot(config: Config) -> None:
    services.write_key("BEACON_KEY", "a-key-of-tests", by=BY, now=NOON, config=config)
    beacon = BeaconNode(key="a-key-of-tests")
    beacon.start()
    try:
        address = beacon.url.replace(beacon.key, "{key}")
        row = make_provider(make_pool("beacon", kind="beacon"), "lighthouse", url=address, secret="BEACON_KEY")
        heard_of(config, row)
        tried = try_provider(row, config=config)
    finally:
        beacon.stop()

    assert tried.is_well and tried.words.endswith("chain 1, its head is slot 6,400."), tried
