"""Calls to a provider: bounded in time and size, never redirected, errors translated."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
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
    ends_at = time.monotonic() + total_seconds
    # As it comes: what is small on its way may be huge once it is unpacked.
    asked = {"Accept-Encoding": "identity", **(headers or {})}
    try:
        with httpx.stream(method, url, headers=asked, timeout=TIMEOUT_SECONDS, follow_redirects=False, **options) as answer:
            if answer.status_code >= 500:
                raise ProviderUnreachable(f"{_host(url)} answers {answer.status_code}")
            return _Answer(_host(url), answer.status_code, _body(answer, ends_at))
    except httpx.InvalidURL:
        raise ProviderBroken("the provider names an address that is none") from None
    except httpx.HTTPError as error:
        raise ProviderUnreachable(f"{_host(url)} does not answer: {type(error).__name__}") from None


def _body(answer: httpx.Response, ends_at: float) -> bytes:
    """The library's timeout is for each read: a drip would never end."""
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise ProviderBroken(f"{_host(str(answer.url))} answers more than {LARGEST_ANSWER} bytes")
        if time.monotonic() > ends_at:
            raise ProviderUnreachable(f"{_host(str(answer.url))} takes too long")
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
