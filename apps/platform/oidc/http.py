"""Calls to a provider: bounded in time and size, never redirected, errors translated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from apps.platform.oidc.errors import ProviderBroken, ProviderUnreachable

TIMEOUT_SECONDS = 5.0
LARGEST_ANSWER = 1_000_000
Document = dict[str, Any]


def get_json(url: str, *, bearer: str = "") -> Document:
    return _document(_call("GET", url, headers={"Authorization": f"Bearer {bearer}"} if bearer else {}))


def post_form(url: str, form: Mapping[str, str], *, basic: tuple[str, str] | None = None) -> tuple[int, Document]:
    """The status beside the document: a token endpoint says 400 with a reason that matters."""
    answer = _call("POST", url, data=dict(form), auth=basic)
    return answer.status_code, _document(answer, accept_refusal=True)


def _call(method: str, url: str, **options: Any) -> httpx.Response:
    try:
        answer = httpx.request(method, url, timeout=TIMEOUT_SECONDS, follow_redirects=False, **options)
    except httpx.HTTPError as error:
        raise ProviderUnreachable(f"{_host(url)} does not answer: {type(error).__name__}") from None
    if answer.status_code >= 500:
        raise ProviderUnreachable(f"{_host(url)} answers {answer.status_code}")
    return answer


def _document(answer: httpx.Response, *, accept_refusal: bool = False) -> Document:
    url = str(answer.request.url)
    if answer.status_code != 200 and not (accept_refusal and 400 <= answer.status_code < 500):
        raise ProviderBroken(f"{_host(url)} answers {answer.status_code}")
    if len(answer.content) > LARGEST_ANSWER:
        raise ProviderBroken(f"{_host(url)} answers more than {LARGEST_ANSWER} bytes")
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise ProviderBroken(f"{_host(url)} answers something that is not a JSON object")
    return document


def _host(url: str) -> str:
    """Where, without the query: what was asked may hold a secret."""
    return httpx.URL(url).copy_with(query=None, userinfo=b"").__str__()
