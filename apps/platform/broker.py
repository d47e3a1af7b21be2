"""A client of Valkey for what is asked once, and quickly: the first refusal is the answer."""

from __future__ import annotations

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def asked_once(url: str, *, seconds: float, decode_responses: bool = False) -> Redis:
    """Connects at the first call, so it may be made before a fork."""
    return Redis.from_url(
        url,
        socket_connect_timeout=seconds,
        socket_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        decode_responses=decode_responses,
    )
