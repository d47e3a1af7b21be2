"""The one `Rpc` there is: JSON-RPC over HTTP that stays open, and a WebSocket for heads. A real task and a test differ in where they connect."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from operators.sdk.errors import ConfigurationError, Retry
from operators.sdk.rpc import Call, Head, Heads, NodeError

# Who answered, and who is to.
PROVIDER_HEADER = "X-Trace-Provider"
TIMEOUT_SECONDS = 60.0
# What says itself that it passes: too many requests, a resource that is busy.
_PASSING = frozenset({-32005, -32016, 429})


@dataclass(frozen=True)
class Endpoint:
    """`headers` hold the right to call it."""

    url: str
    ws_url: str
    headers: Mapping[str, str]
    pool: str
    chain_id: int
    # For programs that can send no headers.
    address: str
    providers_url: str = ""
    # Of beacon nodes: what their own paths follow.
    beacon_url: str = ""


# Where to call, asked before every call: what opens it grows old.
Opening = Callable[[], Endpoint]


class JsonRpc:
    """An `Rpc`."""

    def __init__(self, opening: Opening, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._opening, self._timeout = opening, timeout_seconds
        self._mine = threading.local()
        self._adding = threading.Lock()
        self._connections: list[HTTPConnection] = []

    def close(self) -> None:
        """Of all threads; a call after it connects anew."""
        with self._adding:
            for connection in self._connections:
                connection.close()

    @property
    def pool(self) -> str:
        return self._opening().pool

    @property
    def chain_id(self) -> int:
        return self._opening().chain_id

    @property
    def answered_by(self) -> str:
        return getattr(self._mine, "answered_by", "")

    @property
    def address(self) -> str:
        return self._opening().address

    def call(self, method: str, params: Sequence[Any] = (), *, provider: str = "") -> Any:
        said = self._post(json.dumps(_request(1, Call(method, params))).encode(), provider)
        return _result(said, method)

    def batch(self, calls: Sequence[Call], *, provider: str = "") -> list[Any]:
        if not calls:
            return []
        said = self._post(json.dumps([_request(number, one) for number, one in enumerate(calls)]).encode(), provider)
        if not isinstance(said, list):
            _result(said, calls[0].method)
            raise Retry(f"The node answered a batch of {len(calls)} calls with something else.")
        by_id = {one.get("id"): one for one in said if isinstance(one, dict)}
        return [_result(by_id.get(number), one.method) for number, one in enumerate(calls)]

    def get(self, path: str, *, ask: Sequence[Any] | Mapping[str, Any] | None = None) -> Any:
        endpoint = self._opening()
        body = None if ask is None else json.dumps(ask).encode()
        headers = {**endpoint.headers, **({"Content-Type": "application/json"} if body is not None else {})}
        status, answer = self._exchange("GET" if body is None else "POST", f"{endpoint.beacon_url}/{path}", body, headers)
        return _beacon_answer(status, answer, path)

    def providers(self) -> Sequence[str]:
        endpoint = self._opening()
        if not endpoint.providers_url:
            return [self.answered_by] if self.answered_by else []
        status, body = self._exchange("GET", endpoint.providers_url, None, endpoint.headers)
        if status != 200:
            raise _refusal(status, body)
        return [str(one["name"]) for one in json.loads(body)["providers"]]

    @contextmanager
    def heads(self) -> Iterator[Heads]:
        from websockets.exceptions import WebSocketException  # noqa: PLC0415  most tasks never listen
        from websockets.sync.client import connect  # noqa: PLC0415

        endpoint = self._opening()
        if not endpoint.ws_url:
            raise Retry("No provider of this pool announces heads.")
        try:
            with connect(endpoint.ws_url, additional_headers=dict(endpoint.headers), max_size=None, open_timeout=10) as socket:
                socket.send(json.dumps(_request(1, Call("eth_subscribe", ["newHeads"]))))
                _result(json.loads(socket.recv(timeout=10)), "eth_subscribe")
                yield AnnouncedHeads(socket)
        except (OSError, TimeoutError, WebSocketException, NodeError) as error:
            raise Retry(f"Heads are not announced just now: {error}") from error

    def _post(self, body: bytes, provider: str) -> Any:
        endpoint = self._opening()
        asked = {**endpoint.headers, "Content-Type": "application/json"} | ({PROVIDER_HEADER: provider} if provider else {})
        status, answer = self._exchange("POST", endpoint.url, body, asked)
        try:
            said = json.loads(answer)
        except ValueError as error:
            if status != 200:
                raise _refusal(status, answer) from error
            raise Retry(f"The node's answer is no JSON: {error}.") from error
        if status != 200 and not (isinstance(said, dict) and "jsonrpc" in said):
            raise _refusal(status, answer)
        return said

    def _exchange(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """One connection per thread. One that the other side had closed meanwhile is opened anew, once."""
        parts = urlsplit(url)
        for is_again in (False, True):
            connection = self._connection(parts.scheme, parts.netloc)
            is_fresh = connection.sock is None
            try:
                connection.request(method, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, dict(headers))
                answer: HTTPResponse = connection.getresponse()
                read = answer.read()
            except (HTTPException, OSError) as error:
                connection.close()
                if is_again or is_fresh or isinstance(error, TimeoutError):
                    raise Retry(f"The chain does not answer: {str(error) or type(error).__name__}.") from error
                continue
            self._mine.answered_by = answer.headers.get(PROVIDER_HEADER, "")
            return answer.status, read
        raise AssertionError

    def _connection(self, scheme: str, where: str) -> HTTPConnection:
        key = f"{scheme}://{where}"
        if getattr(self._mine, "key", "") != key:
            kind = HTTPSConnection if scheme == "https" else HTTPConnection
            self._mine.key, self._mine.connection = key, kind(where, timeout=self._timeout)
            with self._adding:
                self._connections.append(self._mine.connection)
        found: HTTPConnection = self._mine.connection
        return found


class AnnouncedHeads:
    """A `Heads`."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket

    def next(self, *, seconds: float) -> Head | None:
        from websockets.exceptions import ConnectionClosed  # noqa: PLC0415  it is loaded where there is a socket

        until, newest = time.monotonic() + seconds, None
        try:
            while True:
                # What waits already is read without waiting: only the newest counts.
                left = 0.0 if newest else max(until - time.monotonic(), 0)
                newest = _head(json.loads(self._socket.recv(timeout=left))) or newest
        except TimeoutError:
            return newest
        except (ConnectionClosed, OSError) as error:
            raise Retry(f"The provider stopped announcing heads: {error}") from error


def direct(url: str, *, chain_id: int, pool: str = "direct") -> JsonRpc:
    """Straight to a node, without a gateway: for tests and measurements."""
    ws_url = url.replace("http", "ws", 1)
    return JsonRpc(lambda: Endpoint(url, ws_url, {}, pool, chain_id, url, beacon_url=url))


def _request(number: int, one: Call) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": one.method, "params": list(one.params)}


def _result(said: Any, method: str) -> Any:
    if not isinstance(said, dict) or ("result" not in said and "error" not in said):
        raise Retry(f"The node did not answer {method}.")
    if (error := said.get("error")) is None:
        return said.get("result")
    told = error if isinstance(error, dict) else {"code": 0, "message": str(error)}
    code, message = told.get("code", 0), str(told.get("message", "it gave no reason"))
    if code in _PASSING:
        raise Retry(f"{method}: {message}")
    raise NodeError(code if isinstance(code, int) else 0, message, told.get("data"))


def _beacon_answer(status: int, body: bytes, path: str) -> Any:
    try:
        said = json.loads(body)
    except ValueError as error:
        if status != 200:
            raise _refusal(status, body) from error
        raise Retry(f"The beacon node's answer to {path} is no JSON: {error}.") from error
    if status == 200:
        return said
    told = said if isinstance(said, dict) else {}
    # A node gives its status as a number; what has words for a code is the gateway's own.
    if isinstance(told.get("code"), str) or status >= 500 or status in {401, 402, 403, 407, 429}:
        raise _refusal(status, body)
    raise NodeError(status, str(told.get("message", f"it answered {status} to {path}")))


def _head(said: Any) -> Head | None:
    block = said.get("params", {}).get("result") if isinstance(said, dict) else None
    if not isinstance(block, dict) or any(not isinstance(block.get(name), str) for name in ("number", "hash", "parentHash")):
        return None
    return Head(int(block["number"], 16), block["hash"], block["parentHash"], block)


def _refusal(status: int, body: bytes) -> Exception:
    try:
        message = str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        message = f"it answered {status}"
    if status in {400, 403, 404, 413, 422}:
        return ConfigurationError(f"The chain cannot be asked: {message}")
    return Retry(f"The chain cannot be asked just now: {message}")
