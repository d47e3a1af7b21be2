"""What a provider publishes of itself, kept for a while: its endpoints and its keys.

Keys rotate without notice: an unknown key id asks the provider again, but only so often, since anybody can invent key ids.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.platform.clock import Clock
from apps.platform.oidc.errors import ProviderBroken, ProviderUnreachable
from apps.platform.oidc.http import Document, get_json
from apps.platform.oidc.providers import Provider, is_safe

ENDPOINTS_SECONDS = 300.0
KEYS_SECONDS = 3_600.0
# A provider that is down or broken does not make its tokens false: what is cached still serves, but not for ever.
STALE_SECONDS = 24 * 3_600.0
# Each try of one that is down takes seconds, and everybody who needs it would wait for each; one that answers rubbish would be
# asked by every call.
RETRY_SECONDS = 30.0
REFETCHES, REFETCH_WINDOW_SECONDS = 5, 60.0
Fetch = Callable[[str], Document]


@dataclass(frozen=True)
class Endpoints:
    authorization: str
    token: str
    jwks: str
    userinfo: str = ""
    end_session: str = ""
    basic_auth: bool = False
    says_issuer: bool = False


@dataclass
class _Cached:
    value: Any = None
    fetched_at: float = float("-inf")
    failed_at: float = float("-inf")
    # Its kind and its words. Not the error itself, which would keep alive whoever met it first.
    failure: tuple[type[ProviderUnreachable | ProviderBroken], str] = (ProviderUnreachable, "")

    def is_younger(self, seconds: float, now: float) -> bool:
        return now - self.fetched_at < seconds

    def has_just_failed(self, now: float) -> bool:
        return now - self.failed_at < RETRY_SECONDS

    def note(self, failure: ProviderUnreachable | ProviderBroken, now: float) -> None:
        self.failed_at, self.failure = now, (type(failure), str(failure))


@dataclass
class _Entry:
    lock: threading.Lock = field(default_factory=threading.Lock)
    endpoints: _Cached = field(default_factory=_Cached)
    keys: _Cached = field(default_factory=_Cached)
    refetched: deque[float] = field(default_factory=lambda: deque(maxlen=REFETCHES))


class Directory:
    """Shared by the threads of a process."""

    def __init__(self, *, clock: Clock, fetch: Fetch = get_json) -> None:
        self._clock = clock
        self._fetch = fetch
        self._entries: dict[str, _Entry] = {}
        self._lock = threading.Lock()

    def endpoints(self, provider: Provider, *, max_age_seconds: float = ENDPOINTS_SECONDS) -> Endpoints:
        """A small `max_age_seconds` finds out whether the provider is there at all, before a browser is sent to it."""
        entry = self._entry(provider)
        with entry.lock:
            return self._endpoints(provider, entry, max_age_seconds, stale_seconds=max_age_seconds)

    def key(self, provider: Provider, kid: str | None) -> Document | None:
        """The published key of that id; without an id the only one there is."""
        entry = self._entry(provider)
        with entry.lock:
            found = _pick(self._keys(provider, entry, KEYS_SECONDS), kid)
            if found is None and self._may_refetch(entry):
                found = _pick(self._keys(provider, entry, 0), kid)
            return found

    def forget(self) -> None:
        self._entries.clear()

    def _entry(self, provider: Provider) -> _Entry:
        with self._lock:
            return self._entries.setdefault(provider.issuer, _Entry())

    def _endpoints(self, provider: Provider, entry: _Entry, max_age: float, *, stale_seconds: float) -> Endpoints:
        url = provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        found: Endpoints = self._cached(
            entry.endpoints, lambda: _endpoints(provider, self._fetch(url)), max_age, stale_seconds=stale_seconds
        )
        return found

    def _keys(self, provider: Provider, entry: _Entry, max_age: float) -> list[Document]:
        def fetch() -> list[Document]:
            endpoints = self._endpoints(provider, entry, ENDPOINTS_SECONDS, stale_seconds=STALE_SECONDS)
            return _keys(provider, self._fetch(endpoints.jwks))

        found: list[Document] = self._cached(entry.keys, fetch, max_age, stale_seconds=STALE_SECONDS)
        return found

    def _cached(self, cached: _Cached, fetch: Callable[[], Any], max_age: float, *, stale_seconds: float) -> Any:
        now = self._clock.monotonic()
        is_good_enough = cached.is_younger(stale_seconds, now)
        if cached.is_younger(max_age, now) or (is_good_enough and cached.has_just_failed(now)):
            return cached.value
        if cached.has_just_failed(now):
            kind, words = cached.failure
            raise kind(f"a moment ago: {words}")
        try:
            cached.value, cached.fetched_at = fetch(), now
        except (ProviderUnreachable, ProviderBroken) as failure:
            cached.note(failure, self._clock.monotonic())
            if not is_good_enough:
                raise
        return cached.value

    def _may_refetch(self, entry: _Entry) -> bool:
        now = self._clock.monotonic()
        if len(entry.refetched) == REFETCHES and now - entry.refetched[0] < REFETCH_WINDOW_SECONDS:
            return False
        entry.refetched.append(now)
        return True


def _endpoints(provider: Provider, document: Document) -> Endpoints:
    if document.get("issuer") != provider.issuer:
        raise ProviderBroken(f"{provider.key}: the provider calls itself {document.get('issuer')!r}, not {provider.issuer!r}")
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    optional = [name for name in ("userinfo_endpoint", "end_session_endpoint") if document.get(name)]
    if bad := [name for name in (*needed, *optional) if not is_safe(document.get(name))]:
        raise ProviderBroken(f"{provider.key}: the provider's {', '.join(bad)} cannot be used")
    # The standard's default when the provider does not say.
    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Endpoints(
        authorization=document["authorization_endpoint"],
        token=document["token_endpoint"],
        jwks=document["jwks_uri"],
        userinfo=document.get("userinfo_endpoint") or "",
        end_session=document.get("end_session_endpoint") or "",
        basic_auth="client_secret_post" not in methods,
        says_issuer=document.get("authorization_response_iss_parameter_supported") is True,
    )


def _keys(provider: Provider, document: Document) -> list[Document]:
    keys = document.get("keys")
    if not isinstance(keys, list) or not all(isinstance(key, dict) for key in keys):
        raise ProviderBroken(f"{provider.key}: the provider publishes no list of keys")
    return [key for key in keys if key.get("use", "sig") == "sig" and key.get("kty") in {"RSA", "EC", "OKP"}]


def _pick(keys: list[Document], kid: str | None) -> Document | None:
    found = [key for key in keys if key.get("kid") == kid] if kid is not None else keys
    return found[0] if len(found) == 1 else None
