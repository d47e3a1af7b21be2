"""What a process of the platform says and does when the gateway is away, is another's, or has not heard of something yet."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.test import override_settings
from pytest_django.live_server_helper import LiveServer

from apps.chains import gateway, services
from apps.chains.models import RpcProvider
from apps.chains.trying import Tried, try_provider
from apps.dispatch import signing
from apps.platform.config import Config
from apps.platform.contracts.rpc import Circuit, PoolHealth, PoolKind, ProviderHealth
from apps.platform.errors import Permanent, Transient
from tests.apps.chains.gateways import StandIn, standing_in
from tests.apps.chains.makers import BY, make_pool, make_provider
from tests.factories import NOON
from tests.fixtures.chain import Node

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "data"])
SEEN = datetime(2026, 1, 15, 12, tzinfo=UTC)


def health(name: str = "demo", **said: object) -> PoolHealth:
    provider = ProviderHealth(name="anvil", circuit=Circuit.CLOSED, score=1, head=7)
    given: dict[str, object] = {"head": 7, "head_hash": "0xab", "head_seen_at": SEEN, "finalized": 3, **said}
    return PoolHealth.model_validate({"name": name, "kind": "evm", "chain_id": 31337, "providers": [provider], **given})


@pytest.fixture
def stand_in(node: Node, gateway_config: Config) -> Iterator[StandIn]:
    with standing_in({"anvil": node.url, "gone": "http://127.0.0.1:1"}, [health()], lambda: signing.signer().jwks()) as server:
        yield server


@pytest.fixture
def config(stand_in: StandIn, live_server: LiveServer, gateway_config: Config) -> Iterator[Config]:
    """Both planes are real servers: whoever has no signing keys asks the internal one for a ticket."""
    found = dataclasses.replace(gateway_config, rpc_gateway_url=stand_in.url, internal_url=live_server.url)
    with override_settings(CONFIG=found, ROOT_URLCONF="traceweb.urls.internal"):
        yield found


@pytest.fixture
def provider() -> RpcProvider:
    return make_provider(make_pool("demo", chain_id=31337), "anvil")


def test_its_status_says_where_a_head_is(config: Config) -> None:
    assert gateway.status(config).pools[0].name == "demo"
    assert gateway.head("demo", config) == gateway.PoolHead(7, "0xab", SEEN, 3)
    assert gateway.head("never-made", config) is None


def test_a_head_that_nobody_has_told_yet_is_none(config: Config, stand_in: StandIn) -> None:
    stand_in.pools = [health(head=None, head_hash=None, head_seen_at=None)]

    assert gateway.head("demo", config) is None


def test_a_gateway_that_is_away_is_worth_another_try(gateway_config: Config) -> None:
    with pytest.raises(Transient, match="does not answer"):
        gateway.status(gateway_config)
    with pytest.raises(Transient, match="TRACE_GATEWAY_TOKEN"):
        gateway.status(dataclasses.replace(gateway_config, gateway_token=""))


def test_a_gateway_with_another_token_refuses_for_good(config: Config) -> None:
    with pytest.raises(Permanent, match="refuses this call: It is not the token"):
        gateway.status(dataclasses.replace(config, gateway_token="trace_gwy_another"))


def test_what_does_not_work_is_told_in_words(config: Config, provider: RpcProvider, stand_in: StandIn) -> None:
    pool = provider.pool

    def words(row: RpcProvider) -> str:
        tried = try_provider(row, config=config)
        assert not tried.is_well
        return tried.words

    assert "has not heard of it yet" in words(make_provider(pool, "new"))
    assert words(make_provider(pool, "gone")) == "gone could not be asked: It does not answer."
    make_pool("other", chain_id=5)
    stand_in.nodes = {**stand_in.nodes, "wrong": stand_in.nodes["anvil"]}
    wrong = make_provider(make_pool("five", chain_id=5), "wrong")
    assert words(wrong).startswith("wrong is of chain 31337, and five is of chain 5: correct its address")
    off = services.switch_provider(provider, is_enabled=False, by=BY, now=NOON)
    assert words(off) == "anvil is switched off, so the gateway does not know it. Switch it on, then try again."


def test_what_is_no_node_is_told(config: Config, stand_in: StandIn, live_server: LiveServer) -> None:
    stand_in.nodes = {"page": f"{live_server.url}/internal/schema"}
    tried = try_provider(make_provider(make_pool("demo", chain_id=31337), "page"), config=config)

    assert tried == Tried(False, "page could not be asked: It does not answer.")


def test_a_gateway_that_is_away_is_told_where_somebody_tries(config: Config, provider: RpcProvider) -> None:
    away = dataclasses.replace(config, rpc_gateway_url="http://127.0.0.1:1")
    with override_settings(CONFIG=away):
        tried = try_provider(provider, config=away)

    assert not tried.is_well and "The RPC gateway does not answer at http://127.0.0.1:1" in tried.words


def test_the_kinds_of_the_contract_are_those_of_the_rows() -> None:
    assert {kind.value for kind in PoolKind} == {"evm", "beacon"}
