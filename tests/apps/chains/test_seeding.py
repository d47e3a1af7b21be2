"""Pools that are brought along at a start."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from apps.audit.models import Record
from apps.chains import services
from apps.chains.models import RpcPool
from apps.chains.services import SeededPool, seed_pools
from apps.console import demo as seeded
from apps.platform.errors import Invalid
from tests.apps.chains.makers import BY
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def demo(port: int = 8545) -> dict[str, Any]:
    return {
        "name": "demo", "kind": "evm", "chain_id": 31337, "description": "A chain on this machine",
        "providers": [{"name": "anvil", "url": f"http://127.0.0.1:{port}", "ws_url": f"ws://127.0.0.1:{port}", "has_traces": True}],
    }  # fmt: skip


def seed(document: dict[str, Any]) -> RpcPool:
    seed_pools([SeededPool.read(document)], now=NOON, config=settings.CONFIG)
    return RpcPool.objects.get()


def test_the_address_is_that_of_the_last_start_and_the_same_again_says_nothing() -> None:
    seed(demo())
    provider = seed(demo(8546)).providers.get()
    before = Record.objects.count()
    seed(demo(8546))

    assert (provider.url, provider.ws_url, provider.has_traces) == ("http://127.0.0.1:8546", "ws://127.0.0.1:8546", True)
    assert Record.objects.count() == before


def test_what_staff_chose_beside_it_stays() -> None:
    pool = seed(demo())
    services.switch_pool(pool, is_enabled=False, by=BY, now=NOON)
    services.switch_provider(pool.providers.get(), is_enabled=False, by=BY, now=NOON)
    pool = seed(demo(8546))

    assert not pool.is_enabled and not pool.providers.get().is_enabled


def test_people_and_pools_are_seeded_from_one_file() -> None:
    seeded.seed(seeded.parse({"people": [], "pools": [demo()]}), now=NOON)

    assert RpcPool.objects.get().providers.count() == 1
    assert seeded.parse([]).pools == []
    with pytest.raises(Invalid, match="There is no `pool` to seed"):
        seeded.parse({"pool": []})


def test_a_key_that_is_not_known_is_refused() -> None:
    with pytest.raises(Invalid, match="has no `chainid`"):
        SeededPool.read({**demo(), "chainid": 1})
