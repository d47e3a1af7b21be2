"""Feeds: one address that a ticket names, fetched once, as it comes.

A name is looked up when the connection is made, and the connection goes to what was found and allowed then: nothing is looked up in
between, so no name can lead elsewhere after the look. Redirects are answers, never followed.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
import yarl
from pydantic import ValidationError

from apps.platform.contracts.feeds import FEED_AUDIENCE, FeedTicket, FetchFeed
from workers.rpc_gateway.http import CHUNK_BYTES, GuardedResolver
from workers.rpc_gateway.public_addresses import PublicRules
from workers.rpc_gateway.refusals import Refusal
from workers.rpc_gateway.tickets import verified

log = structlog.get_logger("trace.rpc_gateway")

# Fetched at once, by all orgs together; who waits longer for a turn is told to come back.
AT_ONCE, TURN_SECONDS = 32, 10.0
LONGEST_SECONDS = 900.0
_NAME, _VALUE = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}"), re.compile(r"[\x20-\x7e\t]*")
# The connection's own, and what proxies believe of who asks.
_REFUSED = re.compile(
    r"host|content-.*|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|proxy-.*|x-forwarded-.*|forwarded|via|accept-encoding"
    r"|x-aws-ec2-.*|metadata.*|x-trace-.*", re.IGNORECASE,
)  # fmt: skip


@dataclass
class Fetched:
    status: int
    content_type: str
    retry_after: float | None
    answer: aiohttp.ClientResponse
    asked: FetchFeed
    size: int = 0

    async def parts(self) -> AsyncIterator[bytes]:
        """Raises BrokenOff where it does not come whole, or is longer than asked for."""
        until = time.monotonic() + LONGEST_SECONDS
        try:
            while True:
                async with asyncio.timeout(min(self.asked.wait_seconds, max(until - time.monotonic(), 0))):
                    part = await self.answer.content.read(CHUNK_BYTES)
                if not part:
                    return
                self.size += len(part)
                yield part
                if self.size > self.asked.most_bytes:
                    raise BrokenOff("it is longer than asked for")
        except (TimeoutError, aiohttp.ClientError):
            raise BrokenOff("it did not come whole") from None


class BrokenOff(Exception):
    """The caller's own connection is then cut as well, and never ended as if all had come."""


class Fetcher:
    def __init__(self, rules: PublicRules) -> None:
        self._rules = rules
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._client: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def fetch(self, ticket: FeedTicket, asked: FetchFeed) -> AsyncIterator[Fetched]:
        """Raises Refusal."""
        address = self._address(ticket.url)
        headers = _headers(asked)
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            raise Refusal(429, "gateway_busy", "Many feeds are being fetched. Ask again in a moment.", retry_after=5) from None
        try:
            async with await self._begun(address, headers, asked) as answer:
                fetched = _fetched(answer, asked)
                yield fetched
                log.info(
                    "feed_fetched", host=address.host, status=answer.status, bytes=fetched.size, org_id=str(ticket.org_id), dag=ticket.dag,
                    job=ticket.job,
                )  # fmt: skip
        finally:
            self._turns.release()

    async def close(self) -> None:
        if self._client:
            await self._client.close()

    async def _begun(self, address: yarl.URL, headers: dict[str, str], asked: FetchFeed) -> aiohttp.ClientResponse:
        try:
            async with asyncio.timeout(asked.wait_seconds):
                return await self._opened().get(address, headers=headers, allow_redirects=False)
        except TimeoutError:
            raise Refusal(504, "feed_timed_out", f"The feed did not answer within {asked.wait_seconds:g} s.") from None
        except aiohttp.ClientConnectorDNSError:
            raise Refusal(
                502,
                "feed_not_found",
                "The feed's host has no address that the gateway calls: it is unknown, or not on the public internet.",
            ) from None
        except aiohttp.ClientSSLError:
            raise Refusal(502, "feed_not_trusted", "The feed's certificate is not one that can be trusted.") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Not its words: they may hold the address, and that a parameter of somebody.
            raise Refusal(502, "feed_failed", f"The feed could not be reached: {type(error).__name__}.") from None

    def _address(self, url: str) -> yarl.URL:
        try:
            split = urlsplit(url)
            address = yarl.URL(url)
        except ValueError:
            raise _refused("it is no address") from None
        allowed = {"https", "http"} if self._rules.allows_loopback else {"https"}
        if split.scheme not in allowed or not address.host or split.username is not None or split.password is not None:
            raise _refused("it begins with https:// and names a host, without a name or a password")
        if _is_numeric(address.host) and (why := self._rules.why_refused(address.host)):
            raise _refused(why)
        return address

    def _opened(self) -> aiohttp.ClientSession:
        """Of its own: nothing of one feed, no cookie and no connection, is there for the next."""
        if self._client is None:
            connector = aiohttp.TCPConnector(
                limit=0, resolver=GuardedResolver(self._rules), use_dns_cache=False, force_close=True
            )
            self._client = aiohttp.ClientSession(
                connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None), headers={"User-Agent": "trace-feeds"}, requote_redirect_url=False,
            )  # fmt: skip
        return self._client


def feed_ticket(token: str, keys: dict[str, Any]) -> FeedTicket:
    """Raises Refusal."""
    ticket, _ = verified(token, keys, FeedTicket, audience=FEED_AUDIENCE, of="feed")
    return ticket


def asked_of(body: bytes) -> FetchFeed:
    try:
        return FetchFeed.model_validate_json(body)
    except ValidationError:
        # Not its words: they would show a secret.
        raise Refusal(400, "bad_request", "The body does not say what to fetch: headers, most_bytes and wait_seconds.") from None


def _headers(asked: FetchFeed) -> dict[str, str]:
    for name, value in asked.headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise Refusal(
                400,
                "header_refused",
                "A header has a name of letters, digits and -, and a value of plain characters on one line.",
            )
        if _REFUSED.fullmatch(name):
            raise Refusal(400, "header_refused", f"The header {name[:60]} is not passed on; leave it out.")
    # As it comes: what is small packed may be larger than any memory.
    return {**asked.headers, "Accept-Encoding": "identity"}


def _fetched(answer: aiohttp.ClientResponse, asked: FetchFeed) -> Fetched:
    if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(502, "feed_encoded", "The feed sends its answer packed although it was asked not to.")
    if (answer.content_length or 0) > asked.most_bytes:
        raise Refusal(
            413,
            "feed_too_large",
            f"The feed's answer has {answer.content_length:,} bytes, and at most {asked.most_bytes:,} are taken.",
        )
    return Fetched(answer.status, answer.headers.get("Content-Type", "")[:200], _retry_after(answer), answer, asked)


def _retry_after(answer: aiohttp.ClientResponse) -> float | None:
    said = answer.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", said):
        return float(said)
    try:
        return max((parsedate_to_datetime(said) - datetime.now(UTC)).total_seconds(), 0.0) if said else None
    except (ValueError, TypeError):
        return None


def _is_numeric(host: str) -> bool:
    """Those that go to no resolver."""
    return ":" in host or bool(re.fullmatch(r"[0-9.]+", host))


def _refused(why: str) -> Refusal:
    return Refusal(403, "address_refused", f"The feed's address is not called: {why}.")
