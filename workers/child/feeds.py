"""Feeds of a real task: the platform gives a ticket for the address that the job names, and the gateway fetches it."""

from __future__ import annotations

import json
import os
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit

from operators.sdk.errors import ConfigurationError, InputError, Retry
from operators.sdk.feeds import FeedAnswer, FeedRequest
from workers.child.wire import Wire, granted

# As the gateway names them.
_PATH, _STATUS, _RETRY = "/feed", "X-Trace-Feed-Status", "X-Trace-Feed-Retry-After"
# The gateway says itself when the feed takes too long.
_MARGIN_SECONDS = 30.0
_PART_BYTES = 1 << 18


def fetched(wire: Wire, request: FeedRequest) -> FeedAnswer:
    answer = granted(wire.ask({"feed": f'"feed":{json.dumps(request.url)}'}), "The feed cannot be opened")
    return _through_gateway(answer["feed"]["url"], answer["feed"]["ticket"], request)


def secret_of(name: str) -> str:
    """The environment was built from empty, and has those that the job lists."""
    if name not in os.environ:
        raise ConfigurationError(f"The job has no secret {name}; list it under `secrets`, and put it into the vault.")
    return os.environ[name]


def _through_gateway(gateway: str, ticket: str, request: FeedRequest) -> FeedAnswer:
    parts = urlsplit(gateway)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.netloc, timeout=request.wait_seconds + _MARGIN_SECONDS)
    asked = {"headers": dict(request.headers), "most_bytes": request.most_bytes, "wait_seconds": request.wait_seconds}
    try:
        connection.request(
            "POST",
            f"{parts.path}{_PATH}",
            json.dumps(asked),
            {"Authorization": f"Bearer {ticket}", "Content-Type": "application/json"},
        )
        return _answer(connection.getresponse(), request)
    except (HTTPException, OSError) as error:
        # Not its words: an exception of a header holds the header.
        raise Retry(f"The feed did not come whole through the gateway: {type(error).__name__}.") from None
    finally:
        connection.close()


def _answer(said: HTTPResponse, request: FeedRequest) -> FeedAnswer:
    status = said.headers.get(_STATUS)
    if status is None:
        raise _refusal(said.status, said.read())
    body = _read(said, request.most_bytes)
    retry_after = said.headers.get(_RETRY)
    return FeedAnswer(int(status), body, said.headers.get("Content-Type", ""), float(retry_after) if retry_after else None)


def _read(said: HTTPResponse, most: int) -> bytes:
    parts, size = [], 0
    while part := said.read1(_PART_BYTES):
        parts.append(part)
        size += len(part)
        if size > most:
            raise InputError(f"The feed has more than {most:,} bytes; ask it for less at once, or raise `max_bytes`.")
    return b"".join(parts)


def _refusal(status: int, body: bytes) -> Exception:
    try:
        told = json.loads(body)
        code, message = str(told["code"]), str(told["message"])
    except (ValueError, KeyError, TypeError):
        return Retry(f"The gateway answered {status}.")
    if code == "feed_too_large":
        return InputError(f"{message} Ask the feed for less at once, or raise `max_bytes`.")
    if code in {"address_refused", "header_refused", "feed_encoded"}:
        return ConfigurationError(message)
    return Retry(message)
