"""Writers choose the address of a feed. None of them leads into the network of Trace, to a cloud's metadata, or to another feed's secrets."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from apps.platform.contracts.feeds import FEED_AUDIENCE, FEED_RETRY_HEADER, FEED_STATUS_HEADER
from apps.platform.contracts.rpc import TICKET_AUDIENCE
from apps.platform.json import Json
from operators.sdk.errors import ConfigurationError, InputError, Retry
from operators.sdk.feeds import FeedAnswer, FeedRequest
from tests.security.certificates import self_signed
from tests.workers.rpc_gateway.feed_server import FeedSite
from tests.workers.rpc_gateway.running import ORG, Gateway, gateway_of, some_task
from workers.child.feeds import _through_gateway
from workers.rpc_gateway.public_addresses import PublicRules

INSIDE = [
    "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.0.0.1", "172.16.5.4", "192.168.1.1", "100.64.0.1", "169.254.169.254", "169.254.170.2",  # noqa: S104
    "100.100.100.200", "168.63.129.16", "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1", "2002:7f00:1::1", "2002:a9fe:a9fe::", "2001:0:4136:e378:8000:63bf:80ff:fffe", "fe80::1", "fe80::1%eth0", "fec0::1",
    "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "3fff::1", "not an address", "",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_of_a_network_inside_is_called(address: str) -> None:
    assert PublicRules(allows_loopback=False).why_refused(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_an_address_of_the_internet_is(address: str) -> None:
    assert PublicRules(allows_loopback=False).why_refused(address) == ""


def test_a_laptop_that_allows_itself_allows_nothing_else() -> None:
    allowed = [address for address in INSIDE if not PublicRules(allows_loopback=True).why_refused(address)]

    # Those that are this machine, also as they are written into addresses of IPv6.
    assert set(allowed) == {
        one for one in INSIDE if "127." in one or "7f00" in one or one in {"::1", "2001:0:4136:e378:8000:63bf:80ff:fffe"}
    }


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """As it runs everywhere but on a laptop whose owner allows loopback."""
    with gateway_of(tmp_path_factory.mktemp("strict"), TRACE_RPC_GATEWAY_LOOPBACK="0") as running:
        yield running


@pytest.fixture(scope="module")
def lax(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway_of(tmp_path_factory.mktemp("lax")) as running:
        yield running


@pytest.fixture(scope="module")
def site() -> Iterator[FeedSite]:
    made = FeedSite()
    yield made
    made.stop()


def ticket(gateway: Gateway, url: str | None, *, aud: str = FEED_AUDIENCE, seconds: int = 600) -> str:
    now, task = int(time.time()), some_task()
    claims: dict[str, Json] = {
        "iss": "trace", "aud": aud, "sub": f"task:{task}", "iat": now, "exp": now + seconds, "org_id": str(ORG), "dag": "prices", "job": "fetch",
        "task_id": task, "attempt": 1,
    }  # fmt: skip
    return gateway.plane.signer.sign(claims | ({"url": url} if url is not None else {}))


def fetch(gateway: Gateway, url: str, *, token: str | None = None, **asked: Any) -> httpx.Response:
    body = {"headers": {}, "most_bytes": 50_000, "wait_seconds": 1.0} | asked
    given = ticket(gateway, url) if token is None else token
    return gateway.http.post(f"{gateway.url}/feed", json=body, headers={"Authorization": f"Bearer {given}"})


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "169.254.169.254", "[fe80::1]",
     "[64:ff9b::7f00:1]", "10.0.0.1", "192.168.0.1", "[fd00:ec2::254]", "127.0.0.1.", "①②⑦.0.0.1", "localhost."],
)  # fmt: skip
def test_no_way_of_writing_an_address_inside_is_followed(strict: Gateway, site: FeedSite, host: str) -> None:
    port = site.url.rpartition(":")[2]

    answer = fetch(strict, f"https://{host}:{port}/good")

    assert (answer.status_code, answer.json()["code"]) in {
        (403, "address_refused"), (502, "feed_not_found"), (502, "feed_failed"), (504, "feed_timed_out"),
    }, answer.text  # fmt: skip
    assert FEED_STATUS_HEADER not in answer.headers
    assert site.seen == {}


@pytest.mark.parametrize(
    "url",
    [
        "http://1.1.1.1/",
        "ftp://1.1.1.1/",
        "file:///etc/passwd",
        "https://a:b@1.1.1.1/",
        "https:///x",
        "gopher://1.1.1.1/",
        "https://[::1/",
    ],
)
def test_only_https_without_a_name_is_called(strict: Gateway, url: str) -> None:
    answer = fetch(strict, url)

    assert (answer.status_code, answer.json()["code"]) == (403, "address_refused")


def test_a_feed_comes_with_its_status_and_without_its_other_headers(lax: Gateway, site: FeedSite) -> None:
    answer = fetch(lax, f"{site.url}/good?a=1", headers={"X-Api-Key": "s3cret"})

    assert (answer.status_code, answer.headers[FEED_STATUS_HEADER], answer.json()) == (200, "200", [{"symbol": "ETH"}])
    assert not {"set-cookie", "x-internal"} & set(answer.headers)
    assert site.seen["/good"]["X-Api-Key"] == "s3cret"
    assert site.seen["/good"]["Accept-Encoding"] == "identity"
    assert "Bearer" not in str(site.seen["/good"])
    assert "s3cret" not in lax.said


def test_a_redirect_is_not_followed(lax: Gateway, site: FeedSite) -> None:
    answer = fetch(lax, f"{site.url}/moved")

    assert (answer.headers[FEED_STATUS_HEADER], answer.content) == ("302", b"")
    assert "location" not in answer.headers


def test_when_to_come_back_is_told(lax: Gateway, site: FeedSite) -> None:
    answer = fetch(lax, f"{site.url}/limited")

    assert (answer.headers[FEED_STATUS_HEADER], answer.headers[FEED_RETRY_HEADER]) == ("429", "7")


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("large", 413, "feed_too_large"), ("packed", 502, "feed_encoded"), ("stuck", 504, "feed_timed_out")],
)
def test_what_is_too_much_is_refused(lax: Gateway, site: FeedSite, path: str, status: int, code: str) -> None:
    answer = fetch(lax, f"{site.url}/{path}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("path", ["endless", "cut", "trickles"])
def test_an_answer_that_is_not_whole_never_looks_whole(lax: Gateway, site: FeedSite, path: str) -> None:
    with pytest.raises(httpx.HTTPError):
        fetch(lax, f"{site.url}/{path}")


@pytest.mark.parametrize(
    "headers",
    [{"Host": "internal"}, {"Transfer-Encoding": "chunked"}, {"Content-Length": "5"}, {"Connection": "upgrade"}, {"X-Forwarded-For": "127.0.0.1"},
     {"Metadata-Flavor": "Google"}, {"X-aws-ec2-metadata-token": "x"}, {"Metadata": "true"}, {"A": "b\r\nHost: internal"}, {"A\r\nB": "c"}, {"A": "é"}],
)  # fmt: skip
def test_a_header_that_changes_the_request_is_refused(lax: Gateway, site: FeedSite, headers: dict[str, str]) -> None:
    answer = fetch(lax, f"{site.url}/good", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "header_refused")


def test_only_a_ticket_for_a_feed_opens_one(lax: Gateway, site: FeedSite) -> None:
    url = f"{site.url}/good"
    wrong = {
        "nothing": "-", "a pool's": lax.plane.ticket(), "another audience": ticket(lax, url, aud=TICKET_AUDIENCE),
        "over": ticket(lax, url, seconds=-3_600), "no address": ticket(lax, None), "nonsense": "a.b.c",
    }  # fmt: skip

    assert {why: fetch(lax, url, token=token).status_code for why, token in wrong.items()} == dict.fromkeys(wrong, 401)


def test_a_ticket_of_a_feed_opens_no_pool(lax: Gateway) -> None:
    assert lax.ask("eth_blockNumber", ticket=ticket(lax, "https://feeds.example.com/")).status_code == 401


@pytest.mark.parametrize(
    "body",
    [{}, {"most_bytes": 0, "wait_seconds": 1}, {"most_bytes": 5, "wait_seconds": 9_999}, {"url": "https://else.example.com"}],
)
def test_what_to_fetch_is_said_in_full_and_not_where(lax: Gateway, site: FeedSite, body: dict[str, Any]) -> None:
    answer = lax.http.post(f"{lax.url}/feed", json=body, headers={"Authorization": f"Bearer {ticket(lax, f'{site.url}/good')}"})

    assert answer.status_code == 400


# As a task has it


def through(gateway: Gateway, url: str, **said: Any) -> FeedAnswer:
    return _through_gateway(
        gateway.url, ticket(gateway, url), FeedRequest(url, **({"most_bytes": 50_000, "wait_seconds": 1.0} | said))
    )


def test_a_task_gets_the_whole_answer(lax: Gateway, site: FeedSite) -> None:
    assert through(lax, f"{site.url}/good") == FeedAnswer(200, b'[{"symbol": "ETH"}]', "application/json", None)
    assert through(lax, f"{site.url}/limited").retry_after_seconds == 7


@pytest.mark.parametrize(
    ("path", "error", "told"),
    [("large", InputError, "raise `max_bytes`"), ("endless", InputError, "more than 50,000 bytes"), ("cut", Retry, "did not come whole"),
     ("stuck", Retry, "did not answer within 1 s"), ("packed", ConfigurationError, "packed")],
)  # fmt: skip
def test_a_task_is_told_what_went_wrong(lax: Gateway, site: FeedSite, path: str, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        through(lax, f"{site.url}/{path}")


def test_a_task_is_told_that_an_address_is_not_called(strict: Gateway) -> None:
    with pytest.raises(ConfigurationError, match="it is not on the public internet"):
        through(strict, "https://127.0.0.1/")


def test_a_certificate_that_nobody_vouches_for_is_not_trusted(lax: Gateway, tmp_path: Path) -> None:
    with _tls_site(tmp_path) as port, pytest.raises(Retry, match="certificate"):
        through(lax, f"https://localhost:{port}/", wait_seconds=5.0)


class _tls_site:  # noqa: N801  it reads as a function
    """Whose certificate is its own."""

    def __init__(self, directory: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self_signed(directory))
        self._context, self._socket = context, socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> int:
        threading.Thread(target=self._serve, daemon=True).start()
        return int(self._socket.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._socket.accept()
                self._context.wrap_socket(accepted, server_side=True)
            except ssl.SSLError:
                continue
            except OSError:
                return
