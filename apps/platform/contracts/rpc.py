"""The contract of the RPC gateway: which pools it serves, who may call one, and how its providers are.

The gateway reads its pools from the internal plane, keys and all, with a token of its own. Who holds a task gets a ticket for a pool that its job names, and
calls the gateway with that. Nobody else is told where a provider is.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import Field

from apps.platform.contracts.parts import Fenced, Part

# The gateway to the internal plane, and the platform's own processes to the gateway.
GATEWAY_TOKEN_HEADER = "X-Trace-Gateway-Token"
POOLS_PATH = "/internal/rpc/pools"
OPEN_POOL_PATH = "/v1/task/open-pool"
# A process of ours that has no signing keys gets its ticket here, with the gateway's token.
PROCESS_TICKET_PATH = "/internal/rpc/process-ticket"
TICKET_AUDIENCE = "trace.rpc"

# The gateway's own paths. A ticket goes as `Authorization: Bearer`; where a client cannot send headers (cryo), after the path.
RPC_PATH, PROVIDERS_PATH, STATUS_PATH = "/rpc", "/providers", "/status"
# Of a beacon pool: the node's own path follows, `/beacon/eth/v1/…`.
BEACON_PATH = "/beacon"
# Which provider answered; sent along with a call, the only one that may.
PROVIDER_HEADER = "X-Trace-Provider"
# `sticky` (without a word): one provider per task as long as it is well. `any`: whoever is best, hedged. `quorum=N`: N that agree.
READS_HEADER = "X-Trace-Reads"

PoolName = str


class PoolKind(StrEnum):
    """What a pool's providers speak: JSON-RPC of an EVM chain, or the REST API of a beacon node."""

    EVM = "evm"
    BEACON = "beacon"


class ProviderSettings(Part):
    """`url` and `ws_url` have their key in them, `headers` may hold one: none of them is ever shown, logged or told to a caller."""

    name: str
    url: str = Field(repr=False)
    ws_url: str | None = Field(default=None, repr=False)
    headers: dict[str, str] = Field(default_factory=dict, repr=False)
    weight: int = Field(default=100, ge=1, le=1000)
    requests_per_second: float | None = Field(default=None, gt=0)
    most_concurrent: int = Field(default=64, ge=1, le=1000)
    most_batch: int = Field(default=100, ge=1, le=1000)
    timeout_seconds: float = Field(default=10, gt=0, le=120)
    # It keeps the state of every block; it answers trace_*; it answers debug_trace*.
    has_archive: bool = False
    has_traces: bool = False
    has_debug: bool = False


class PoolSettings(Part):
    name: PoolName
    kind: PoolKind = PoolKind.EVM
    chain_id: int
    # Blocks below the head that nothing changes any more, where no provider says `finalized`.
    finality_depth: int = Field(default=64, ge=0)
    # A provider whose head is that many blocks behind the best is asked only when no other is left.
    most_head_lag: int = Field(default=8, ge=0)
    providers: list[ProviderSettings]


class GatewayPools(Part):
    """`keys`: the JWKS by which tickets are checked. Asked for again every few seconds; `revision` changes with anything in it."""

    revision: str
    pools: list[PoolSettings]
    keys: dict[str, Any]


class OpenPool(Fenced):
    pool: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")


class OpenPoolOfProcess(Part):
    pool: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")
    process: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,62}$")


class PoolOpened(Part):
    """A ticket is good for some minutes, and asked for anew before."""

    url: str
    ticket: str = Field(repr=False)
    expires_at: datetime
    kind: PoolKind
    chain_id: int


class Ticket(Part):
    """The claims of a ticket beside `iss`, `aud`, `sub`, `iat` and `exp`. `sub` is `task:<id>`, or `process:<name>` of the platform's own."""

    pool: PoolName
    org_id: UUID | None = None
    dag: str = ""
    job: str = ""
    task_id: UUID | None = None
    attempt: int = 0


class Circuit(StrEnum):
    """`open`: not asked for a while, after failures in a row; `half_open`: one call is let through to see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class ProviderHealth(Part):
    """`problem` says in words why it is not used, or why it is the last choice; empty when it is well."""

    name: str
    circuit: Circuit
    score: float
    head: int | None = None
    head_lag: int | None = None
    head_age_seconds: float | None = None
    finalized: int | None = None
    latency_p50_ms: float | None = None
    latency_p95_ms: float | None = None
    error_rate: float = 0
    requests: int = 0
    errors: int = 0
    rate_limited: int = 0
    in_flight: int = 0
    client_version: str = ""
    can: list[str] = Field(default_factory=list)
    problem: str = ""


class PoolHealth(Part):
    name: PoolName
    kind: PoolKind
    chain_id: int
    head: int | None = None
    head_hash: str | None = None
    # When the gateway first saw that head, by its own clock.
    head_seen_at: datetime | None = None
    finalized: int | None = None
    cache_hits: int = 0
    cache_misses: int = 0
    hedged: int = 0
    callers: list[Caller] = Field(default_factory=list)
    providers: list[ProviderHealth]


class Caller(Part):
    """What a job has asked a pool for, since the gateway started. Those who asked last come first, and only some are kept."""

    org_id: UUID | None
    dag: str
    job: str
    requests: int
    errors: int
    last_at: datetime


class GatewayStatus(Part):
    started_at: datetime
    revision: str
    pools: list[PoolHealth]


PoolHealth.model_rebuild()
