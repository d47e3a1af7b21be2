"""What may be written of a pool and a provider, and that no key is ever part of it."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.chains.domain import PoolSpec, ProviderSpec, check_pool, check_provider, with_key
from apps.platform.errors import Invalid

SECRET_PART = "hunter2hunter2hunter2"
GOOD = (
    "http://127.0.0.1:8545",
    "https://rpc.example.com",
    "https://rpc.example.com/v2/{key}",
    "https://eth-mainnet.g.example.com:8443/v3/{key}/archive?network=mainnet&apikey={key}",
    "http://erigon.internal:8545/ethereum-mainnet/full-node",
    "http://[::1]:8545/",
)
WITH_A_KEY = (
    f"https://user:{SECRET_PART}@rpc.example.com",
    f"https://{SECRET_PART}@rpc.example.com/",
    f"https://rpc.example.com/v2/{SECRET_PART}",
    "https://rpc.example.com/v2/Zk93jd82Lq0sPq71mNx4",
    "https://rpc.example.com/0123456789abcdef0123456789abcdef",
    "https://rpc.example.com/?apikey=abc",
    "https://rpc.example.com/?api_key=abc",
    "https://rpc.example.com/?access-token=abc",
    "https://rpc.example.com/?x=0123456789abcdef0123456789abcdef",
    "https://3f2a9c1b7d3f2a9c1b7d3f2a9c1b7d3f.rpc.example.com/",
)
WRONG = (
    "", "rpc.example.com", "ftp://rpc.example.com", "https://", "https://rpc.example.com:99999", "https://rpc example.com",
    "https://rpc.example.com/\n", "https://{key}.example.com/", "https://rpc.example.com/{KEY}", "https://rpc.example.com/{key}{",
    "https://rpc.example.com/#part", "https://rpc.exämple.com", "https:\\\\rpc.example.com", "https://rpc.example.com/" + "a/" * 300,
    "http://169.254.169.254/", "http://[fe80::1]/", "http://[::ffff:169.254.169.254]/", "http://0.0.0.0:8545", "http://224.0.0.1/",
)  # fmt: skip


@pytest.mark.parametrize("url", GOOD)
def test_addresses_as_providers_have_them_are_taken(url: str) -> None:
    check_provider("first", ProviderSpec(url, secret="RPC_KEY" if "{key}" in url else ""))


@pytest.mark.parametrize("url", WITH_A_KEY)
def test_an_address_that_seems_to_hold_a_key_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_provider("first", ProviderSpec(url))

    assert refused.value.code == "key_in_url" and "put it into a secret and write {key}" in refused.value.message
    assert SECRET_PART not in refused.value.message and "0123456789abcdef" not in refused.value.message


@pytest.mark.parametrize("url", WRONG)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_provider("first", ProviderSpec(url, secret="RPC_KEY" if "{key}" in url else ""))

    assert [error["path"] for error in refused.value.errors] == ["url"] and refused.value.code == "bad_url"


@given(st.text(max_size=80))
def test_any_text_is_taken_or_refused_and_never_a_fault(text: str) -> None:
    for spec in (
        ProviderSpec(text, ws_url=text, secret="RPC_KEY"),
        ProviderSpec(f"https://{text}"),
        ProviderSpec("https://a", header=text),
    ):
        with suppress(Invalid):
            check_provider("first", spec)


def test_a_socket_is_asked_by_its_own_scheme() -> None:
    check_provider("first", ProviderSpec("https://a.example", ws_url="wss://a.example/ws"))
    with pytest.raises(Invalid, match="begins with ws:// or wss://"):
        check_provider("first", ProviderSpec("https://a.example", ws_url="https://a.example"))


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        (ProviderSpec("https://a.example/{key}"), "secret_needed"),
        (ProviderSpec("https://a.example", header="X-Api-Key"), "secret_needed"),
        (ProviderSpec("https://a.example", secret="RPC_KEY"), "secret_not_used"),
        (ProviderSpec("https://a.example/{key}", secret="sk-live-4f2a9c1b7d"), "bad_secret_name"),
        (ProviderSpec("https://a.example", secret="RPC_KEY", header="X Api"), "bad_header"),
        (ProviderSpec("https://a.example", secret="RPC_KEY", header="X\r\nHost"), "bad_header"),
        (ProviderSpec("https://a.example", secret="RPC_KEY", header="Host"), "bad_header"),
        (ProviderSpec("https://a.example", weight=0), "out_of_range"),
        (ProviderSpec("https://a.example", requests_per_second=0), "out_of_range"),
        (ProviderSpec("https://a.example", timeout_seconds=float("nan")), "out_of_range"),
        (ProviderSpec("https://a.example", timeout_seconds=500), "out_of_range"),
    ],
)
def test_a_provider_says_how_it_is_asked(spec: ProviderSpec, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_provider("first", spec)

    assert refused.value.code == code


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        check_pool("Standard", PoolSpec(0, "solana", "two\nlines", finality_depth=-1))

    assert [error["path"] for error in refused.value.errors] == ["name", "kind", "chain_id", "description", "finality_depth"]


def test_a_key_goes_into_an_address_as_one_piece() -> None:
    assert with_key("https://a.example/v2/{key}?k={key}", "a/b?c=d") == "https://a.example/v2/a%2Fb%3Fc%3Dd?k=a%2Fb%3Fc%3Dd"
