"""Calls to a provider: bounded in time and size, never redirected, errors translated."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from apps.platform.oidc.errors import ProviderBroken, ProviderUnreachable

TIMEOUT_SECONDS = 5.0
TOTAL_SECONDS = 10.0
LARGEST_ANSWER = 1_000_000
Document = dict[str, Any]


@dataclass(frozen=True)
class _Answer:
    host: str
    status: int
    body: bytes


def get_json(url: str, *, bearer: str = "", total_seconds: float = TOTAL_SECONDS) -> Document:
    headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
    return _document(_call("GET", url, total_seconds=total_seconds, headers=headers))


def post_form(url: str, form: Mapping[str, str], *, basic: tuple[str, str] | None = None) -> tuple[int, Document]:
    """The status beside the document: a token endpoint says 400 with a reason that matters."""
    answer = _call("POST", url, data=dict(form), auth=basic)
    return answer.status, _document(answer, accept_refusal=True)


def _call(
    method: str, url: str, *, total_seconds: float = TOTAL_SECONDS, headers: Mapping[str, str] | None = None, **options: Any
) -> _Answer:
    # As it comes: what is small on its way may be huge once it is unpacked.
    asked = {"Accept-Encoding": "identity", **(headers or {})}
    try:
        # An own thread: the caller's may have an event loop already.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(
                lambda: asyncio.run(_answer_within(total_seconds, method, url, headers=asked, **options))
            ).result()
    except TimeoutError:
        raise ProviderUnreachable(f"{_host(url)} takes too long") from None
    except httpx.InvalidURL:
        raise ProviderBroken("the provider names an address that is none") from None
    except httpx.HTTPError as error:
        raise ProviderUnreachable(f"{_host(url)} does not answer: {type(error).__name__}") from None


async def _answer_within(seconds: float, method: str, url: str, **options: Any) -> _Answer:
    """The library's timeout is for each read: a drip of headers or body would never end, and only what is awaited can be broken off.

    Looking up a name is the system's, with limits of its own.
    """
    async with (
        asyncio.timeout(seconds),
        httpx.AsyncClient(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client,
        client.stream(method, url, **options) as answer,
    ):
        if answer.status_code >= 500:
            raise ProviderUnreachable(f"{_host(url)} answers {answer.status_code}")
        return _Answer(_host(url), answer.status_code, await _body(answer))


async def _body(answer: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise ProviderBroken(f"{_host(str(answer.url))} answers more than {LARGEST_ANSWER} bytes")
    return bytes(body)


def _document(answer: _Answer, *, accept_refusal: bool = False) -> Document:
    if answer.status != 200 and not (accept_refusal and 400 <= answer.status < 500):
        raise ProviderBroken(f"{answer.host} answers {answer.status}")
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise ProviderBroken(f"{answer.host} answers something that is not a JSON object")
    return document


def _host(url: str) -> str:
    """Where, without the query: what was asked may hold a secret."""
    return httpx.URL(url).copy_with(query=None, userinfo=b"").__str__()
