"""Where a provider is, and its key, is told to nobody, whatever it writes into its answers."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest

from apps.platform.config import Config
from apps.platform.contracts.rpc import ProviderSettings
from tests.waiting import eventually
from tests.workers.rpc_gateway import faulty
from tests.workers.rpc_gateway.faulty import FaultyProxy
from tests.workers.rpc_gateway.running import Gateway, gateway_of, pool
from workers.rpc_gateway.addresses import AddressRules
from workers.rpc_gateway.scrubbing import Scrubber

KEY, TOKEN, PASSWORD, BEARER = (
    "k3y0fTheProviderInItsPath",
    "t0ken=of/the query",
    "p4ssw0rd-in-the-url",
    "he4der-value-that-is-secret",
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway_of(tmp_path_factory.mktemp("told"), pace={"summary_seconds": 0.5}) as running:
        yield running


@pytest.fixture
def leaky(told: Gateway, proxies: list[FaultyProxy]) -> FaultyProxy:
    proxy = proxies[0]
    url = f"http://user:{PASSWORD}@127.0.0.1:{proxy.port}/v2/{KEY}?apikey={quote(TOKEN, safe='')}"
    told.serve(pool(ProviderSettings(name="a", url=url, ws_url=url.replace("http", "ws", 1), headers={"X-Api-Key": BEARER})))
    return proxy


def everything(gateway: Gateway, *answers: str) -> str:
    listed = gateway.http.get(f"{gateway.url}/providers", headers={"Authorization": f"Bearer {gateway.plane.ticket()}"})
    return "\n".join([*answers, gateway.said, gateway.metrics, gateway.status.model_dump_json(), listed.text])


def test_the_provider_is_called_with_all_its_keys(told: Gateway, leaky: FaultyProxy) -> None:
    told.ask("eth_chainId")

    sent = leaky.headers_seen[-1]
    assert sent["X-Api-Key"] == BEARER and sent["Authorization"].startswith("Basic ")
    assert not any("trace" in value.lower() for name, value in sent.items() if name != "User-Agent"), "nothing of ours goes there"


@pytest.mark.parametrize(
    "how", ["json error", "data", "html", "result", "closed", "status", "redirect", "error in the body of a 500"]
)
def test_no_key_ever_leaves_the_gateway(told: Gateway, leaky: FaultyProxy, how: str) -> None:
    address = f"http://user:{PASSWORD}@127.0.0.1:{leaky.port}/v2/{KEY}?apikey={quote(TOKEN, safe='')}"
    basic = b64encode(f"user:{PASSWORD}".encode()).decode()
    words = f"could not serve {address} with {BEARER} and Basic {basic} for {TOKEN}"
    act = {
        "json error": faulty.errors(-32000, words), "data": faulty.errors(-32000, "failed", data={"url": address, words: [words]}),
        "html": faulty.replies(f"<p>{words}</p>".encode()), "result": faulty.changes(lambda *_: words), "closed": faulty.closes_in_the_middle,
        "status": faulty.status(403, words), "redirect": faulty.status(302, words),
        "error in the body of a 500": faulty.status(500, f'{{"jsonrpc":"2.0","id":1,"error":{{"code":-1,"message":"{words}"}}}}'),
    }[how]  # fmt: skip
    leaky.breaks(act, methods=["eth_getCode"])
    ticket = told.plane.ticket()

    answers = [told.ask("eth_getCode", f"0x{1:040x}", "latest", ticket=ticket) for _ in range(3)]
    by_path = told.http.post(f"{told.url}/rpc/{ticket}", content="{")
    eventually(lambda: '"rpc_calls"' in told.said)

    seen = everything(told, *(one.text + str(one.headers) for one in answers), by_path.text)
    for secret in (
        KEY,
        TOKEN,
        quote(TOKEN, safe=""),
        PASSWORD,
        basic,
        BEARER,
        f"127.0.0.1:{leaky.port}",
        ticket,
        ticket.split(".")[2],
    ):
        assert secret not in seen, secret
    leaky.heals()
    eventually(lambda: told.ask("eth_chainId").status_code == 200)


def test_a_short_key_of_hex_is_hidden_and_calldata_that_holds_its_digits_is_whole() -> None:
    scrubber = Scrubber(ProviderSettings(name="a", url="https://eth.example.com/v2/a1b2c3d4e5"))
    data = '{"result":"0x0000a1b2c3d4e50000"}'

    assert scrubber.answer(data) == data
    assert "a1b2c3d4e5" not in scrubber.answer('{"result":"https://x.example/v2/a1b2c3d4e5"}')


def test_what_is_hidden_leaves_the_rest_of_an_error_readable() -> None:
    scrubber = Scrubber(ProviderSettings(name="a", url="https://eth-mainnet.example.com/v2/AbCdEf0123456789?tier=gold9gold9"))

    said = scrubber.error(
        '{"message":"https://eth-mainnet.example.com/v2/AbCdEf0123456789 : AbCdEf0123456789 gold9gold9 ran out"}'
    )

    assert said == '{"message":"https:[hidden]/v2/[hidden] : [hidden] [hidden] ran out"}' or (
        "AbCd" not in said and "ran out" in said
    )
    assert scrubber.answer('"0xAbCdEf01234567"') == '"0xAbCdEf01234567"', "results stay what they are"


@pytest.mark.parametrize(
    ("url", "why"),
    [("http://169.254.169.254/latest", "link-local"), ("http://[fe80::1]/", "link-local"), ("http://[::ffff:169.254.169.254]/", "link-local"),
     ("http://[fd00:ec2::254]/", "link-local"), ("http://127.0.0.1:8545", "this machine"), ("http://[::1]:8545", "this machine"),
     ("http://0.0.0.0/", "no single machine"), ("http://224.0.0.1/", "no single machine"), ("file:///etc/passwd", "no http"), ("http://", "no http"),
     ("http://[", "no URL"), ("ws://example.com", "no http")],
)  # fmt: skip
def test_addresses_that_lead_into_the_machine_are_not_called(url: str, why: str) -> None:
    problem = AddressRules(allows_loopback=False).problem_of(ProviderSettings(name="a", url=url))

    assert why in problem
    assert url not in problem


def test_a_node_in_the_own_network_may_be_called_and_the_machine_itself_only_where_it_is_said() -> None:
    laptop = replace(Config.from_env({}), rpc_gateway_loopback=True)

    assert AddressRules(allows_loopback=False).problem_of(ProviderSettings(name="a", url="http://10.0.0.5:8545")) == ""
    assert AddressRules.of(Config.from_env({})).why_refused("127.0.0.1") != ""
    assert AddressRules.of(laptop).why_refused("127.0.0.1") == ""
    assert AddressRules.of(laptop).why_refused("169.254.169.254") != ""


@pytest.mark.parametrize(
    "url", ["http://localhost:{port}/", "http://127.0.0.1:{port}/", "http://2130706433:{port}/", "http://0x7f.1:{port}/"]
)
def test_a_name_that_leads_to_the_machine_itself_is_not_called_either(
    tmp_path_factory: pytest.TempPathFactory, proxies: list[FaultyProxy], url: str
) -> None:
    with gateway_of(tmp_path_factory.mktemp("strict"), TRACE_RPC_GATEWAY_LOOPBACK="0") as strict:
        strict.serve(pool(ProviderSettings(name="a", url=url.format(port=proxies[0].port))))

        assert strict.ask("eth_chainId").status_code == 503
        assert strict.provider("a").problem
        assert proxies[0].requests == []
