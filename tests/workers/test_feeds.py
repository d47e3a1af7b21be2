"""A feed from end to end: the child asks its worker, that the internal plane, and the child the gateway, which calls a site over TLS."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from apps.platform.contracts.claims import FiredBy
from apps.platform.contracts.feeds import FEED_AUDIENCE, FeedOpened, OpenFeed
from apps.platform.json import Json
from tests.security.certificates import self_signed
from tests.workers.plane import ORG, Task
from tests.workers.rpc_gateway.feed_server import FeedSite
from tests.workers.rpc_gateway.running import Gateway, gateway_of, some_task
from tests.workers.working import Working, working

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def site(certificate: tuple[Path, Path]) -> Iterator[FeedSite]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    made = FeedSite(tls=context)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[Path, Path]) -> Iterator[Gateway]:
    """Which trusts the site's certificate."""
    with gateway_of(tmp_path_factory.mktemp("gateway"), SSL_CERT_FILE=str(certificate[0])) as running:
        yield running


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    with working(tmp_path_factory.mktemp("worker")) as here:
        here.start()
        yield here


def fetching(here: Working, url: str) -> Task:
    config = {
        "url": url,
        "columns": [{"name": "symbol", "type": "text"}],
        "auth": {"secret": "FEED_KEY", "header": "X-Api-Key", "scheme": "plain"},
    }
    return here.plane.add("http_ingest", config, fired=FiredBy(at=NOON), secrets={"FEED_KEY": "the-key-of-the-feed"})


def opened(gateway: Gateway, asked: OpenFeed) -> FeedOpened:
    now, task = int(time.time()), some_task()
    claims: dict[str, Json] = {
        "iss": "trace", "aud": FEED_AUDIENCE, "sub": f"task:{task}", "iat": now, "exp": now + 300, "url": asked.feed, "org_id": str(ORG),
        "dag": "dag", "job": "job", "task_id": task, "attempt": 1,
    }  # fmt: skip
    return FeedOpened(
        url=gateway.url, ticket=gateway.plane.signer.sign(claims), expires_at=datetime.now(UTC) + timedelta(minutes=5)
    )


def test_a_task_asks_the_site_with_its_secret_and_tells_what_it_answered(here: Working, gateway: Gateway, site: FeedSite) -> None:
    here.plane.opens_feed = lambda asked: opened(gateway, asked)
    task = fetching(here, f"https://localhost:{site.port}/missing")
    here.run(task)

    assert (task.error.type, task.error.retryable) == ("bad_input", False)
    assert "There is nothing at that address" in task.error.message
    assert site.seen["/missing"]["X-Api-Key"] == "the-key-of-the-feed"
    assert "the-key-of-the-feed" not in gateway.said + str(task.completion) + "".join(task.text)


def test_a_task_whose_host_is_not_approved_says_who_approves_it(here: Working) -> None:
    here.plane.opens_feed = None
    task = fetching(here, "https://feeds.example.com/")
    here.run(task)

    assert task.error.type == "bad_configuration"
    assert "an admin of the org approves the host" in task.error.message
