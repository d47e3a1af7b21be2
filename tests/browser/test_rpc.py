"""The pages of RPC pools in a browser: accessible, never wider than the screen, and alive without taking the focus away."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import expect

from apps.chains import services
from apps.chains.models import RpcPool
from apps.platform.config import Config
from apps.platform.contracts.rpc import Caller, Circuit, PoolHealth, ProviderHealth
from tests.apps.chains.gateways import TOKEN, StandIn, standing_in
from tests.apps.chains.makers import BY, make_pool, make_provider
from tests.factories import NOON, Persona
from tests.fixtures.browser import Visit

both_themes = pytest.mark.parametrize("theme", ["light", "dark"])
REFRESH = "document.getElementById('rpc-live').dispatchEvent(new CustomEvent('trace:refresh'))"
HERE = "/platform/rpc"


def health() -> PoolHealth:
    given = {"latency_p50_ms": 12.4, "latency_p95_ms": 88.0, "error_rate": 0.004, "rate_limited": 4, "can": ["archive", "trace"]}
    vendor = ProviderHealth.model_validate(
        {"name": "vendor", "circuit": "closed", "score": 1, "head": 21_000_000, "head_lag": 0, "requests": 9000, **given}
    )
    slow = ProviderHealth(
        name="ours", circuit=Circuit.CLOSED, score=0.2, head=20_999_000, head_lag=1000, latency_p50_ms=3, latency_p95_ms=9, requests=12,
        problem="It is 1,000 blocks behind the best, and asked only when no other is left.",
    )  # fmt: skip
    dead = ProviderHealth(
        name="dead", circuit=Circuit.OPEN, score=0, problem="It refused five calls in a row: connection refused."
    )
    return PoolHealth(
        name="standard", kind="evm", chain_id=1, head=21_000_000, head_hash="0xab", head_seen_at=timezone.now(), finalized=20_999_936,
        cache_hits=3, cache_misses=1, providers=[vendor, slow, dead],
        callers=[Caller(org_id=None, dag="chain", job="blocks", requests=1200, errors=3, last_at=timezone.now())],
    )  # fmt: skip


@pytest.fixture
def answering(vault: Config) -> Iterator[StandIn]:
    with standing_in({}, [health()], dict) as server:
        config = dataclasses.replace(settings.CONFIG, gateway_token=TOKEN, rpc_gateway_url=server.url)
        with override_settings(CONFIG=config):
            yield server


def fill(vault: Config) -> None:
    services.write_key("VENDOR_KEY", "the-key", by=BY, now=NOON, config=vault)
    pool = make_pool(description="Ethereum mainnet, for whoever needs no archive")
    make_provider(pool, "vendor", url="https://eth.vendor.example/v2/{key}", secret="VENDOR_KEY", has_archive=True)
    make_provider(pool, "ours", url="http://10.0.0.7:8545", ws_url="ws://10.0.0.7:8546")
    make_provider(pool, "dead", url="https://rpc.gone.example")
    make_provider(pool, "off", url="https://rpc.off.example", is_enabled=False)
    make_pool("monad", chain_id=143)


@both_themes
@pytest.mark.parametrize("is_full", [False, True], ids=["nothing", "much"])
def test_the_pages_are_accessible(visit: Visit, staff: Persona, answering: StandIn, is_full: bool, theme: str) -> None:
    paths = ["", "/pools/standard", "/pools/standard/providers/vendor", "/pools/monad"] if is_full else [""]
    if is_full:
        fill(settings.CONFIG)
    visitor = visit(staff, theme=theme)
    for path in paths:
        visitor.go(HERE + path)
        assert visitor.axe() == [], path


@both_themes
def test_what_is_refused_and_the_questions_are_accessible(visit: Visit, staff: Persona, answering: StandIn, theme: str) -> None:
    fill(settings.CONFIG)
    visitor = visit(staff, theme=theme)
    page = visitor.go(f"{HERE}/pools/standard")
    page.get_by_role("button", name="Switch off").click()
    page.get_by_role("dialog").wait_for()
    assert visitor.axe() == []
    page.keyboard.press("Escape")
    form = page.locator("form", has=page.get_by_role("button", name="Add provider"))
    form.get_by_label("Name", exact=True).fill("mine")
    form.get_by_label("URL", exact=True).fill("https://me:secret@rpc.example.com")
    visitor.expect(f"{HERE}/pools/standard/add-provider", 422)
    page.get_by_role("button", name="Add provider").click()
    page.locator(".field-error").wait_for()

    expect(page.locator(".field-error")).to_contain_text("put it into a secret and write {key}")
    assert visitor.axe() == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_no_page_scrolls_sideways(visit: Visit, staff: Persona, answering: StandIn, width: int) -> None:
    fill(settings.CONFIG)
    visitor = visit(staff, width=width)
    for path in ("", "/pools/standard", "/pools/standard/providers/vendor"):
        assert visitor.go(HERE + path).evaluate("document.documentElement.scrollWidth") <= width, path


def test_a_refresh_brings_news_and_keeps_the_focus_and_what_is_typed(visit: Visit, staff: Persona, answering: StandIn) -> None:
    fill(settings.CONFIG)
    page = visit(staff).go(HERE)
    page.get_by_label("Description").fill("half a sen")
    button = page.get_by_role("button", name="Try ours of standard")
    button.focus()
    answering.pools = [health().model_copy(update={"head": 21_000_001})]
    with page.expect_response(f"**{HERE}"):
        page.evaluate(REFRESH)

    expect(page.locator("#pool-standard")).to_contain_text("21,000,001")
    expect(button).to_be_focused()
    expect(page.get_by_label("Description")).to_have_value("half a sen")


def test_a_try_says_what_came_of_it_and_a_refresh_leaves_that_there(visit: Visit, staff: Persona, answering: StandIn) -> None:
    fill(settings.CONFIG)
    page = visit(staff).go(HERE)
    page.get_by_role("button", name="Try off of standard").click()
    said = page.get_by_role("status").filter(has_text="is switched off, so the gateway does not know it")
    expect(said).to_be_visible()
    with page.expect_response(f"**{HERE}"):
        page.evaluate(REFRESH)

    expect(said).to_be_visible()


def test_a_pool_is_made_with_a_provider_from_nothing(visit: Visit, staff: Persona, answering: StandIn) -> None:
    page = visit(staff).go(HERE)
    page.get_by_label("Name", exact=True).first.fill("demo")
    page.get_by_label("Chain id").fill("31337")
    page.get_by_role("button", name="Make pool").click()
    form = page.locator("form", has=page.get_by_role("button", name="Add provider"))
    form.get_by_label("Name", exact=True).fill("anvil")
    form.get_by_label("URL", exact=True).fill("http://127.0.0.1:8545")
    page.get_by_role("button", name="Add provider").click()

    expect(page.get_by_role("row", name="anvil")).to_contain_text("Not yet")
    assert RpcPool.objects.get().providers.get().url == "http://127.0.0.1:8545"
