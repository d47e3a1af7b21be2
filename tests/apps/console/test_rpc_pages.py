"""The pages of RPC pools: staff make, change, switch and delete; whatever is refused says what to do, at the field."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import Client, override_settings

from apps.chains.models import RpcPool, RpcProvider
from apps.platform.config import Config
from apps.platform.contracts.rpc import Caller, Circuit, PoolHealth, ProviderHealth
from tests.apps.chains.gateways import TOKEN, standing_in
from tests.apps.chains.makers import make_pool, make_provider
from tests.factories import NOON, Persona, sign_in

pytestmark = pytest.mark.django_db
HERE = "/platform/rpc"
POOL = {
    "name": "standard",
    "kind": "evm",
    "chain_id": "1",
    "description": "Mainnet",
    "finality_depth": "64",
    "most_head_lag": "8",
}
PROVIDER = {
    "name": "ours", "url": "https://rpc.example.com", "weight": "100", "most_concurrent": "64", "most_batch": "100",
    "timeout_seconds": "10", "has_archive": "on",
}  # fmt: skip


@pytest.fixture
def staffs(client: Client, operator: Persona) -> Client:
    sign_in(client, operator.person)
    return client


def told(**providers: ProviderHealth) -> PoolHealth:
    caller = Caller(org_id=None, dag="chain", job="blocks", requests=1200, errors=3, last_at=NOON)
    return PoolHealth(
        name="standard", kind="evm", chain_id=1, head=21_000_000, head_hash="0xab", head_seen_at=NOON, finalized=20_999_936,
        cache_hits=3, cache_misses=1, hedged=2, callers=[caller], providers=list(providers.values()),
    )  # fmt: skip


@pytest.fixture
def answering() -> Iterator[list[PoolHealth]]:
    """A gateway that says of the pools what the test wants."""
    pools: list[PoolHealth] = []
    with standing_in({}, pools, dict) as server:
        config = dataclasses.replace(settings.CONFIG, gateway_token=TOKEN, rpc_gateway_url=server.url)
        with override_settings(CONFIG=config):
            yield pools


def test_an_empty_page_says_what_to_do(staffs: Client) -> None:
    text = staffs.get(HERE).text

    assert "No pool yet" in text and "Make a pool below, then add its providers." in text
    # Nothing is amiss with a gateway that has nothing to do.
    assert "is away" not in text


def test_a_pool_and_a_provider_are_made_changed_switched_and_deleted(staffs: Client) -> None:
    assert "Add a provider: without one nobody can ask it." in staffs.post(f"{HERE}/create", POOL, follow=True).text
    page = f"{HERE}/pools/standard"
    assert "Nobody can ask this pool." in staffs.get(page).text
    assert "has a provider ours now" in staffs.post(f"{page}/add-provider", PROVIDER, follow=True).text
    staffs.post(f"{page}/change", {**POOL, "finality_depth": "12"})
    staffs.post(f"{page}/providers/ours/change", {**PROVIDER, "weight": "7"})
    provider = RpcProvider.objects.select_related("pool").get()
    assert (provider.pool.finality_depth, provider.weight, provider.has_archive) == (12, 7, True)

    staffs.post(f"{page}/providers/ours/switch", {"to": "off"})
    staffs.post(f"{page}/switch", {"to": "off"})
    provider = RpcProvider.objects.select_related("pool").get()
    assert not provider.is_enabled and not provider.pool.is_enabled
    # A change does not switch it on again.
    staffs.post(f"{page}/change", POOL)
    assert not RpcPool.objects.get().is_enabled
    staffs.post(f"{page}/providers/ours/delete")
    assert "standard is deleted." in staffs.post(f"{page}/delete", follow=True).text
    assert not RpcPool.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": "Standard"}, "is no name of a pool"),
        ({"chain_id": "0"}, "greater than or equal to 1"),
        ({"kind": "solana"}, "Select a valid choice"),
        ({"name": "taken"}, "There is an RPC pool `taken` already"),
    ],
)
def test_a_pool_that_is_refused_says_why_and_keeps_what_was_typed(staffs: Client, wrong: dict[str, str], words: str) -> None:
    make_pool("taken")
    answer = staffs.post(f"{HERE}/create", {**POOL, **wrong})

    assert answer.status_code == 422 and words in answer.text.replace("&#x27;", "'") and 'value="Mainnet"' in answer.text


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"url": "https://me:hunter2@rpc.example.com"}, "url", "put it into a secret and write {key}"),
        ({"url": "rpc.example.com"}, "url", "Write the whole address"),
        ({"url": "https://rpc.example.com/{key}"}, "secret", "Name the platform secret that holds the key."),
        ({"name": "Ours"}, "name", "is no name of a provider"),
        ({"name": "there"}, "name", "has a provider `there` already"),
        ({"weight": "0"}, "weight", "greater than or equal to 1"),
    ],
)
def test_a_provider_that_is_refused_says_why_at_its_field(staffs: Client, wrong: dict[str, str], field: str, words: str) -> None:
    make_provider(make_pool(), "there")
    answer = staffs.post(f"{HERE}/pools/standard/add-provider", {**PROVIDER, **wrong})
    at = answer.text.split(f'id="provider_{field}_error"')[1].split("</div>")[0]

    assert answer.status_code == 422 and words in at
    # What is wrong is not hidden in what is folded.
    assert ("<details open>" in answer.text) == (field == "weight")


def test_a_key_is_written_offered_and_never_shown(staffs: Client, vault: Config) -> None:
    make_pool()
    shown = staffs.post(f"{HERE}/write-key", {"name": "RPC_KEY", "value": "the-key-itself"}, follow=True).text
    pool = staffs.get(f"{HERE}/pools/standard").text
    given = {**PROVIDER, "url": "https://rpc.example.com/{key}", "secret": "RPC_KEY"}
    staffs.post(f"{HERE}/pools/standard/add-provider", given)

    assert "RPC_KEY is new." in shown and '<option value="RPC_KEY">' in pool and "the-key-itself" not in shown + pool
    assert "standard/ours" in staffs.get(HERE).text
    refused = staffs.post(f"{HERE}/write-key", {"name": "lower", "value": "the-key-itself"})
    assert refused.status_code == 422 and "the-key-itself" not in refused.text


def test_a_gateway_that_is_away_is_said(staffs: Client) -> None:
    make_provider(make_pool(), "ours")
    text = staffs.get(HERE).text

    assert "The RPC gateway is away:" in text and "TRACE_GATEWAY_TOKEN" in text and "Not known" in text


def test_health_is_shown_as_the_gateway_tells_it(staffs: Client, answering: list[PoolHealth]) -> None:
    pool = make_pool()
    for name in ("good", "slow", "dead", "new"):
        make_provider(pool, name)
    given = {
        "latency_p50_ms": 12.4,
        "latency_p95_ms": 88.0,
        "error_rate": 0.125,
        "requests": 8,
        "rate_limited": 4,
        "can": ["archive", "trace"],
    }
    good = ProviderHealth.model_validate(
        {"name": "good", "circuit": "closed", "score": 1, "head": 21_000_000, "head_lag": 0, **given}
    )
    slow = ProviderHealth(
        name="slow", circuit=Circuit.CLOSED, score=0.2, head=20_999_000, head_lag=1000, problem="It is 1,000 blocks behind."
    )
    dead = ProviderHealth(name="dead", circuit=Circuit.OPEN, score=0, problem="It refused five calls in a row.")
    answering.append(told(good=good, slow=slow, dead=dead))
    text = staffs.get(f"{HERE}/pools/standard").text

    for words in ("21,000,000", "12 ms", "88 ms", "12.5 %", "archive", "It is 1,000 blocks behind.", "Last choice", "Not asked",
                  "It refused five calls in a row.", "The gateway has not heard of it", "75 % from the cache", "chain/blocks", "1,200"):  # fmt: skip
        assert words in text, words


def test_htmx_gets_only_what_changes(staffs: Client) -> None:
    make_pool()
    for address in (HERE, f"{HERE}/pools/standard"):
        text = staffs.get(address, headers={"HX-Request": "true"}).text.strip()
        assert text.startswith("<trace-live") and f'hx-get="{address}"' in text and "<h1" not in text


def test_a_try_is_told_in_the_page_and_without_scripts_above_it(staffs: Client) -> None:
    make_provider(make_pool(), "ours")
    address = f"{HERE}/pools/standard/providers/ours/try"
    part = staffs.post(address, headers={"HX-Request": "true"}).text
    whole = staffs.post(address, follow=True).text

    assert "It does not work." in part and "<h1" not in part
    assert "Nothing was asked: This process has no TRACE_GATEWAY_TOKEN" in part and "Nothing was asked" in whole


def test_it_is_in_the_menu_and_in_the_palette_of_staff_alone(client: Client, operator: Persona, admin: Persona) -> None:
    sign_in(client, operator.person)
    assert 'id="go-platform-rpc"' in client.get("/platform/health").text
    sign_in(client, admin.person)
    assert 'id="go-platform-rpc"' not in client.get("/platform/health").text
