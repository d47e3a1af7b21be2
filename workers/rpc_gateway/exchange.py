"""One call to one provider over HTTP: what comes back is an answer of JSON-RPC, or a failure with a kind."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import yarl

from workers.rpc_gateway.checks import contradiction
from workers.rpc_gateway.envelopes import Answer, Call, Malformed, error_answer, read_answers, write_calls
from workers.rpc_gateway.failures import Kind, ProviderFailed
from workers.rpc_gateway.http import Buffered, read_bounded
from workers.rpc_gateway.limits import Limits
from workers.rpc_gateway.scrubbing import HIDDEN, Scrubber

LONGEST_RETRY_AFTER = 120.0
_JSON = {"Content-Type": "application/json"}
# The same code says "too many calls" at one provider and "too many results" at another.
_LIMIT_CODES = frozenset({-32005, -32029, -32016, 429})
_LIMIT_WORDS = re.compile(
    r"rate|too many requests|capacity|throughput|compute units|quota|per second|daily request", re.IGNORECASE
)
_RANGE_WORDS = re.compile(r"results|range|response size|logs matched|blocks", re.IGNORECASE)


class Wire:
    """To one provider."""

    def __init__(
        self, client: aiohttp.ClientSession, url: str, headers: Mapping[str, str], scrubber: Scrubber, limits: Limits, buffered: Buffered
    ) -> None:  # fmt: skip
        self._client, self._scrubber, self._limits, self._buffered = client, scrubber, limits, buffered
        # As it was given: what is quoted in a key stays quoted.
        self._url = yarl.URL(url, encoded=True)
        self._headers = {**_JSON, **headers}

    async def ask(self, calls: Sequence[Call], *, seconds: float) -> list[Answer]:
        text = await self._post(write_calls(calls), seconds)
        try:
            answers = read_answers(self._scrubber.answer(text), len(calls))
        except Malformed as why:
            raise ProviderFailed(Kind.NOT_JSON, f"its answer is not one of JSON-RPC: {why}") from None
        return [self._checked(call, answer) for call, answer in zip(calls, answers, strict=True)]

    def _checked(self, call: Call, answer: Answer) -> Answer:
        if answer.is_error:
            if _is_limit(answer):
                raise ProviderFailed(Kind.LIMITED, "it says that it is asked too often")
            raw = self._scrubber.error(answer.raw)
            return answer if raw == answer.raw else _reread(raw, answer)
        if why := contradiction(call, answer.value):
            raise ProviderFailed(Kind.WRONG_ANSWER, f"it answers {call.method} with something else: {why}")
        return answer

    async def _post(self, body: bytes, seconds: float) -> str:
        try:
            async with (
                asyncio.timeout(seconds),
                self._client.post(
                    self._url, data=body, headers=self._headers, allow_redirects=False, timeout=NO_TIMEOUT
                ) as answer,
            ):
                read = await read_bounded(answer, self._limits, self._buffered)
        except TimeoutError:
            raise ProviderFailed(Kind.TIMED_OUT, f"it did not answer within {seconds:.1f} s") from None
        except aiohttp.ClientError as error:
            raise failure_of(error) from None
        if answer.status != 200 and (failed := failed_status(answer, read)):
            raise failed
        try:
            return read.decode()
        except UnicodeDecodeError:
            raise ProviderFailed(Kind.NOT_JSON, "its answer is no text") from None


# Ours are around the whole call.
NO_TIMEOUT = aiohttp.ClientTimeout(total=None, connect=None, sock_connect=5)


def failure_of(error: aiohttp.ClientError) -> ProviderFailed:
    """Never the error's own words, which hold the address."""
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ProviderFailed(Kind.NOT_REACHED, "a connection to it is not made in time")
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return ProviderFailed(Kind.NOT_REACHED, "its certificate is not trusted, or it speaks no TLS")
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return ProviderFailed(Kind.NOT_REACHED, "its name leads to no address that may be called")
    if isinstance(error, aiohttp.ClientConnectorError):
        return ProviderFailed(Kind.NOT_REACHED, "it takes no connection")
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.InvalidURL):
        return ProviderFailed(Kind.NOT_JSON, "it does not speak HTTP")
    return ProviderFailed(Kind.CLOSED, "it closed the connection in the middle of its answer")


def failed_status(answer: aiohttp.ClientResponse, body: bytes) -> ProviderFailed | None:
    """None where the status is odd, but the body is an answer: some nodes send their errors with 400 or 500."""
    status, after = answer.status, retry_after(answer.headers.get("Retry-After"))
    if status == 429 or (status == 503 and after is not None):
        return ProviderFailed(Kind.LIMITED, f"it answered {status}: asked too often, or busy", retry_after=after)
    if status in {401, 403, 402, 407}:
        return ProviderFailed(Kind.KEY_REFUSED, f"it answered {status}: it refuses our key, or wants another plan")
    if b'"jsonrpc"' in body[:4096] and (b'"error"' in body[:4096]):
        return None
    return ProviderFailed(Kind.STATUS, f"it answered {status}")


def retry_after(said: str | None) -> float | None:
    """Seconds, or a date; bounded: nobody's header takes a provider away for a day."""
    if not said:
        return None
    try:
        seconds = float(said)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(said).astimezone(UTC) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER) if seconds == seconds else None  # noqa: PLR0124  NaN is a float as well


def _is_limit(answer: Answer) -> bool:
    if answer.code == 429:
        return True
    words = answer.message
    is_told = answer.code in _LIMIT_CODES or bool(re.search(r"too many requests|rate limit", words, re.IGNORECASE))
    return is_told and bool(_LIMIT_WORDS.search(words)) and not _RANGE_WORDS.search(words)


def _reread(raw: str, answer: Answer) -> Answer:
    """What was hidden may have been a number, and the rest no JSON any more."""
    try:
        return Answer(raw, json.loads(raw), is_error=True)
    except ValueError:
        return error_answer(answer.code, HIDDEN)
