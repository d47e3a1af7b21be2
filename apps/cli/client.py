"""HTTP to Trace: tries again where that may help, and explains what does not work."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Self
from urllib.parse import urlsplit

import httpx

from apps.cli.answers import Answer, answer_of
from apps.cli.exits import Unreachable
from apps.cli.outside import Outside
from apps.cli.settings import Settings
from apps.cli.told import Json

# Every call may be made twice: a text that was deployed stays one version, a pointer that was moved stays there, a run has a key.
_PAUSES_SECONDS = (0.3, 1.0, 3.0)
_LONGEST_WAIT_SECONDS = 90
_AGAIN = frozenset({429, 502, 503, 504})
_TIMEOUT = httpx.Timeout(60, connect=10)
_PAGE = "500"
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Client:
    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.BaseTransport | None,
        sleep: Callable[[float], None],
        tell: Callable[[str], None],
    ) -> None:
        self._url, self._sleep, self._tell = settings.url, sleep, tell
        headers = {"Authorization": f"Bearer {settings.token}", "Accept": "application/json", "User-Agent": "trace-cli"}
        if settings.org:
            headers["Trace-Org"] = settings.org
        self._http = httpx.Client(base_url=settings.url, headers=headers, timeout=_TIMEOUT, transport=transport)
        parts = urlsplit(settings.url)
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            tell(f"{settings.url} is not https: whoever is on the way can read the token.")

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Json | None = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        request = self._http.build_request(method, path, json=body, params=query, headers=headers)
        for pause in _PAUSES_SECONDS:
            try:
                response = self._http.send(request)
            except httpx.ConnectError as error:
                if _is_about_tls(error):
                    raise self._unreachable(error) from None
                self._wait(pause, f"{self._url} cannot be reached")
            except httpx.TransportError as error:
                raise self._unreachable(error) from None
            else:
                wait_seconds = max(pause, _asked_wait_seconds(response))
                if response.status_code not in _AGAIN or wait_seconds > _LONGEST_WAIT_SECONDS:
                    return answer_of(response)
                self._wait(wait_seconds, f"{self._url} answered {response.status_code}")
        return self._last(request)

    def close(self) -> None:
        self._http.close()

    def _last(self, request: httpx.Request) -> Answer:
        try:
            return answer_of(self._http.send(request))
        except httpx.TransportError as error:
            raise self._unreachable(error) from None

    def _wait(self, seconds: float, why: str) -> None:
        self._tell(f"{why}; trying again in {seconds:g} s.")
        self._sleep(seconds)

    def _unreachable(self, error: httpx.TransportError) -> Unreachable:
        if _is_about_tls(error):
            return Unreachable(
                f"{self._url} does not prove that it is who it says: {error}.",
                hint="If its certificate is of your own authority, name that with SSL_CERT_FILE; if it speaks plain http, write http://.",
            )
        if isinstance(error, httpx.TimeoutException):
            return Unreachable(f"{self._url} did not answer in time.", hint="Try again; if it stays so, look at its health page.")
        said = str(error) or type(error).__name__
        return Unreachable(f"{self._url} cannot be reached: {said}.", hint="Does Trace run, and is the address right (--url)?")


def _is_about_tls(error: BaseException) -> bool:
    """Which httpx says in the causes of its error only."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _asked_wait_seconds(response: httpx.Response) -> float:
    asked = response.headers.get("Retry-After", "")
    # The other form, a date, is none that Trace sends.
    return float(asked) if asked.isascii() and asked.isdigit() else 0.0


class Api:
    """A part of the API, call by call."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    def at(cls, settings: Settings, *, outside: Outside, tell: Callable[[str], None]) -> Self:
        return cls(Client(settings, transport=outside.transport, sleep=outside.sleep, tell=tell))

    def pages(self, path: str, query: Mapping[str, str] | None = None) -> Iterator[Json]:
        """All that a list holds, page by page."""
        cursor: dict[str, str] = {}
        while True:
            page = self._client.call("GET", path, query={**(query or {}), "limit": _PAGE, **cursor}).body
            yield from page["results"]
            if not page["next"]:
                return
            cursor = {"cursor": page["next"]}

    def close(self) -> None:
        self._client.close()
