"""How much the gateway takes, holds and waits for."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Limits:
    most_body_bytes: int = 4 * MEBIBYTE
    most_calls: int = 5_000
    # Of one answer, and of all that are being read at once: a node may answer with more than this machine has.
    most_answer_bytes: int = 64 * MEBIBYTE
    most_buffered_bytes: int = 512 * MEBIBYTE
    # Of a beacon node, whose list of validators is passed on as it comes.
    most_streamed_bytes: int = 1024 * MEBIBYTE
    most_requests: int = 2_000
    cache_bytes: int = 128 * MEBIBYTE
    # A connection that says nothing, or only half of a request line, is closed; so is a body that trickles.
    idle_seconds: float = 75.0
    body_seconds: float = 20.0
    # All tries of one call together. Below the time-out of those who ask (operators.sdk.json_rpc).
    call_seconds: float = 45.0
    # A stuck provider is left after this, where the answer is one that a well node has at once.
    light_seconds: float = 3.0
    # What a caller's WebSocket may have unsent, and how many calls it may have open.
    most_unsent: int = 512
    most_unsent_bytes: int = 8 * MEBIBYTE
    most_open_calls: int = 32
    most_subscriptions: int = 64
    drain_seconds: float = 8.0


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often providers are looked at. A pool is awake for a minute after a call, and watched after somebody looked at its status."""

    awake_seconds: float = 60.0
    poll_seconds: float = 2.0
    # What a provider is, what it has finalised, and whether its chain is still the same one.
    verify_seconds: float = 15.0
    watched_seconds: float = 5.0
    idle_seconds: float = 30.0
    beacon_seconds: float = 6.0
    pools_seconds: float = 3.0
    summary_seconds: float = 60.0
    first_cooldown_seconds: float = 1.0
    longest_cooldown_seconds: float = 60.0
