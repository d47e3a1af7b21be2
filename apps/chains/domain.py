"""What a pool of RPC providers is made of, and what in it is wrong. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, urlsplit

from apps.platform.addresses import plain_ip, why_never
from apps.platform.contracts.rpc import PoolKind
from apps.platform.errors import Invalid

KEY = "{key}"
NAME = r"^[a-z][a-z0-9_-]{0,62}$"
NAME_WORDS = "a small letter, then small letters, digits, _ and -, at most 63"
HIGHEST_CHAIN = 2**63 - 1
HIGHEST_DEPTH = 1_000_000
LONGEST_DESCRIPTION, LONGEST_URL, LONGEST_HEADER = 300, 500, 100
# Of each number of a provider the least and the most.
LIMITS: dict[str, tuple[Any, Any]] = {
    "weight": (1, 1000), "requests_per_second": (0.01, 100_000), "most_concurrent": (1, 1000), "most_batch": (1, 1000),
    "timeout_seconds": (0.1, 120),
}  # fmt: skip
_INSTEAD = f"put it into a secret and write {KEY}"
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# What a query calls a key.
_NAMES_KEY = re.compile(
    r"(api|access|auth|app|project|secret|private)?[-_]?(key|token|secret|password|passwd|pwd|auth|apikey)", re.IGNORECASE
)
# In a path: letters and digits in one long piece are nobody's word for a place.
_LOOKS_RANDOM = re.compile(r"(?=[^/]*[0-9])(?=[^/]*[A-Za-z])[A-Za-z0-9_-]{20,}|[0-9a-fA-F-]{32,}")
# The hop-by-hop headers, and those that the gateway writes itself.
_TAKEN_HEADERS = frozenset({
    "connection", "content-length", "content-type", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
})  # fmt: skip


@dataclass(frozen=True)
class Wrong:
    """`field`: which one it is about."""

    field: str
    code: str
    message: str


@dataclass(frozen=True)
class KnownPool:
    """All that somebody who names a pool may know of it."""

    name: str
    kind: str
    chain_id: int
    is_enabled: bool = True
    description: str = ""


@dataclass(frozen=True)
class PoolSpec:
    """`finality_depth`: blocks below the head that nothing changes any more, where no provider says `finalized`."""

    chain_id: int
    kind: str = PoolKind.EVM.value
    description: str = ""
    finality_depth: int = 64
    most_head_lag: int = 8
    is_enabled: bool = True


@dataclass(frozen=True)
class ProviderSpec:
    """`url` and `ws_url` have `{key}` where the value of `secret` belongs; with `header` it is sent as that instead."""

    url: str
    ws_url: str = ""
    header: str = ""
    secret: str = ""
    weight: int = 100
    requests_per_second: float | None = None
    most_concurrent: int = 64
    most_batch: int = 100
    timeout_seconds: float = 10
    has_archive: bool = False
    has_traces: bool = False
    has_debug: bool = False
    is_enabled: bool = True

    @property
    def takes_key(self) -> bool:
        return bool(self.header) or KEY in self.url or KEY in self.ws_url


def check_pool(name: str, spec: PoolSpec) -> None:
    _refuse("pool", list(_wrong_in_pool(name, spec)))


def check_provider(name: str, spec: ProviderSpec) -> None:
    _refuse("provider", list(_wrong_in_provider(name, spec)))


def _refuse(what: str, found: Sequence[Wrong]) -> None:
    if found:
        errors = [{"path": one.field, "code": one.code, "message": one.message} for one in found]
        raise Invalid(found[0].message, code=found[0].code, detail={"what": what}, errors=errors)


def _wrong_in_pool(name: str, spec: PoolSpec) -> Iterator[Wrong]:
    yield from _wrong_name("pool", name)
    if spec.kind not in set(PoolKind):
        yield Wrong("kind", "bad_kind", f"`{spec.kind[:40]}` is no kind of pool: write `evm` or `beacon`.")
    if not 1 <= spec.chain_id <= HIGHEST_CHAIN:
        yield Wrong("chain_id", "bad_chain_id", "A chain id is a whole number from 1 on: 1 is Ethereum, 143 Monad.")
    if len(spec.description) > LONGEST_DESCRIPTION or not spec.description.isprintable():
        yield Wrong("description", "bad_description", f"Describe it in one line of at most {LONGEST_DESCRIPTION} characters.")
    for field in ("finality_depth", "most_head_lag"):
        if not 0 <= getattr(spec, field) <= HIGHEST_DEPTH:
            yield Wrong(field, "out_of_range", f"`{field}` is a number of blocks, from 0 to {HIGHEST_DEPTH:,}.")


def _wrong_in_provider(name: str, spec: ProviderSpec) -> Iterator[Wrong]:
    yield from _wrong_name("provider", name)
    yield from _wrong_url("url", spec.url, ("http", "https"))
    if spec.ws_url:
        yield from _wrong_url("ws_url", spec.ws_url, ("ws", "wss"))
    yield from _wrong_header(spec.header)
    if spec.secret and not re.fullmatch(r"[A-Z][A-Z0-9_]{0,62}", spec.secret):
        words = "A secret's name has capital letters, digits and _, and starts with a letter. Write the name here, never the key."
        yield Wrong("secret", "bad_secret_name", words)
    elif spec.takes_key and not spec.secret:
        yield Wrong("secret", "secret_needed", "Name the platform secret that holds the key.")
    elif spec.secret and not spec.takes_key:
        words = f"The secret is used nowhere: write {KEY} where it belongs in the URL, or name the header that it is sent as."
        yield Wrong("secret", "secret_not_used", words)
    for field, (least, most) in LIMITS.items():
        given = getattr(spec, field)
        if given is not None and not least <= given <= most:
            yield Wrong(field, "out_of_range", f"`{field}` is from {least:g} to {most:,g}.")


def _wrong_name(what: str, name: str) -> Iterator[Wrong]:
    if not re.fullmatch(NAME, name):
        yield Wrong("name", "bad_name", f"`{name[:63]}` is no name of a {what}: write {NAME_WORDS}.")


def _wrong_header(header: str) -> Iterator[Wrong]:
    if not header:
        return
    if len(header) > LONGEST_HEADER or not _HEADER.fullmatch(header):
        yield Wrong("header", "bad_header", "Write the name of one header, such as X-Api-Key; its value is the secret.")
    elif header.lower() in _TAKEN_HEADERS:
        yield Wrong(
            "header", "bad_header", f"`{header}` is the gateway's own to send; providers take keys in others, such as X-Api-Key."
        )


def _wrong_url(field: str, url: str, schemes: Sequence[str]) -> Iterator[Wrong]:
    """The first thing that is wrong with it. What it says never repeats a part that may be a key."""
    allowed = " or ".join(f"{scheme}://" for scheme in schemes)
    parts = _split(url)
    if parts is None or len(url) > LONGEST_URL:
        yield Wrong(
            field,
            "bad_url",
            f"Write the whole address, such as {schemes[-1]}://rpc.example.com/v2/{KEY}, at most {LONGEST_URL} characters.",
        )
    elif parts.scheme not in schemes:
        yield Wrong(field, "bad_url", f"The address begins with {allowed}.")
    elif parts.username is not None or parts.password is not None:
        yield Wrong(field, "key_in_url", f"The address holds a user or a password before the @: {_INSTEAD}.")
    elif KEY in parts.netloc:
        yield Wrong(field, "bad_url", f"{KEY} stands behind the host: a key does not decide where it is sent.")
    elif re.search(r"[{}]", url.replace(KEY, "")):
        yield Wrong(field, "bad_url", f"The only thing in braces is {KEY}.")
    elif parts.fragment:
        yield Wrong(field, "bad_url", "Leave out what begins with #: it is never sent.")
    elif why := _never_called(parts.hostname or ""):
        yield Wrong(field, "bad_url", f"No provider is called there: {why}.")
    elif place := _seems_to_hold_a_key(parts):
        yield Wrong(field, "key_in_url", f"The address seems to hold a key, in {place}: {_INSTEAD}.")


def _never_called(host: str) -> str:
    """Of an address in numbers; what a name leads to is looked at by every connection."""
    try:
        return why_never(plain_ip(host))
    except ValueError:
        return ""


def _split(url: str) -> SplitResult | None:
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        # Read lazily, and it raises.
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname else None


def _seems_to_hold_a_key(parts: SplitResult) -> str:
    """Where; empty where nothing does."""
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if value and KEY not in value and (_NAMES_KEY.fullmatch(name) or _LOOKS_RANDOM.fullmatch(value)):
            return f"`{name[:40]}=…`"
    if any(_LOOKS_RANDOM.fullmatch(piece) for piece in parts.path.split("/")):
        return "its path"
    if any(_LOOKS_RANDOM.fullmatch(label) for label in (parts.hostname or "").split(".")):
        return "the name of its host"
    return ""


def with_key(template: str, key: str) -> str:
    return template.replace(KEY, quote(key, safe=""))
