"""The servers that Trace depends on: how each is asked, and what to do when it does not answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import httpx
from redis import Redis

from apps.chains import gateway
from apps.console.health.bounded import Outcome
from apps.orm.reaching import ask
from apps.platform import wiring
from apps.platform.broker import asked_once
from apps.platform.config import Config, QueueDriver
from apps.platform.contracts import PROBE_QUEUE
from apps.platform.ports.queue import Depth, Queue

# A little less than the limit of the page: the server's own error says more than "no answer".
_SECONDS = 0.8
DATA = "data"


@dataclass(frozen=True)
class Server:
    """`not_visible` says why a check is not made from this process; then nothing is asked."""

    key: str
    name: str
    icon: str
    remedy: str
    check: Callable[[Config], object]
    not_visible: Callable[[Config], str] = lambda _config: ""


def _ask_data(config: Config) -> None:
    ask(DATA)


def broker(config: Config) -> Redis:
    # Not through Celery: its connections try again by themselves, and the first refusal is what the page wants to say.
    return asked_once(config.broker_url, seconds=_SECONDS)


def _ask_broker(config: Config) -> None:
    with broker(config) as asked:
        asked.ping()


def _ask_queue(config: Config) -> Depth:
    return _queue(config).depth(PROBE_QUEUE)


@cache
def _queue(config: Config) -> Queue:
    """One per process: it holds connections."""
    return wiring.queue(config)


def _ask_objects(config: Config) -> None:
    # Any answer will do, a refusal too: this asks whether it is there, not what is in it.
    httpx.get(config.s3_endpoint, timeout=_SECONDS, follow_redirects=False)


def _ask_gateway(config: Config) -> None:
    gateway.status(config, seconds=_SECONDS)


SERVERS = (
    Server(
        DATA, "Data database", "database",
        "Queries and hot tables wait for it. Start it, or correct TRACE_DATA_DSN.", _ask_data,
    ),
    Server(
        "broker", "Broker", "send",
        "Wake-ups are lost meanwhile; the work itself is safe in the outbox. Start Valkey, or correct TRACE_BROKER_URL.", _ask_broker,
    ),
    Server(
        "queue", "Task queue", "layers",
        "Workers get nothing meanwhile; what is due stays in the outbox. Start its server, or correct TRACE_QUEUE_DSN.", _ask_queue,
        lambda config: (
            "Not visible from here: this process has no right to the queue."
            if config.queue_driver is QueueDriver.POSTGRES and not config.queue_dsn else ""
        ),
    ),
    Server(
        "objects", "Object store", "hard-drive",
        "Partitions can be neither read nor written meanwhile. Start it, or correct TRACE_S3_ENDPOINT.", _ask_objects,
        lambda config: "" if config.s3_endpoint else "Not visible from here: no TRACE_S3_ENDPOINT is set.",
    ),
    Server(
        "rpc_gateway", "RPC gateway", "network",
        "Tasks that ask a chain wait meanwhile. Start it, or correct TRACE_RPC_GATEWAY_URL and TRACE_GATEWAY_TOKEN.", _ask_gateway,
        lambda config: "" if config.gateway_token else "Not visible from here: no TRACE_GATEWAY_TOKEN is set.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One server's line on the page."""

    key: str
    name: str
    icon: str
    state: str
    word: str
    milliseconds: float | None = None
    text: str = ""
    error: str = ""
    depth: Depth | None = None

    @property
    def is_well(self) -> bool:
        return self.state != "failed"


def answer_of(server: Server, outcome: Outcome | None, config: Config) -> Answer:
    given = (server.key, server.name, server.icon)
    if outcome is None:
        return Answer(*given, "skipped", "Not visible", text=server.not_visible(config))
    if outcome.error:
        return Answer(*given, "failed", "Not answering", text=server.remedy, error=outcome.error)
    depth = outcome.value if isinstance(outcome.value, Depth) else None
    return Answer(*given, "ok", "Answering", milliseconds=round(outcome.milliseconds, 1), depth=depth)
