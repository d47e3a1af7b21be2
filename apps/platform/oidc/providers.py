"""The providers that people sign in at: one JSON file, typed and checked at boot. Every mistake is named, no secret is shown."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from apps.platform.domains import as_the_network_writes
from apps.platform.errors import ConfigError

VARIABLE = "TRACE_OIDC_PROVIDERS_FILE"
DEFAULT_SCOPES = ("openid", "email", "profile")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_KEY = re.compile(r"[a-z][a-z0-9-]{0,30}")
_TEXTS = ("key", "name", "issuer", "client_id", "client_secret")
_LISTS = ("scopes", "domains")


@dataclass(frozen=True, kw_only=True)
class Provider:
    """Somebody whose word we take for who a person is. `domains` limits whose e-mail addresses it may vouch for; empty: anybody's."""

    key: str
    name: str
    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...] = DEFAULT_SCOPES
    domains: tuple[str, ...] = ()

    def may_vouch_for(self, email: str) -> bool:
        return not self.domains or email.rpartition("@")[2] in self.domains


def load(file: str) -> tuple[Provider, ...]:
    """What the file says; nothing without one. Raises ConfigError with every mistake that is in it."""
    if not file:
        return ()
    return parse(_read(Path(file).expanduser()))


def parse(text: str) -> tuple[Provider, ...]:
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise ConfigError([f"{VARIABLE}: the file is not JSON: {_place(error)}."]) from None
    if not isinstance(rows, list):
        raise ConfigError([f"{VARIABLE}: the file must hold a list of providers."])
    if problems := [f"{VARIABLE}: {problem}." for problem in _problems(rows)]:
        raise ConfigError(problems)
    return tuple(_provider(row) for row in rows)


def is_safe(address: object) -> bool:
    """Secrets and tokens go there: https, or plain http that never leaves this machine."""
    try:
        parts = urlsplit(address if isinstance(address, str) else "")
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _read(file: Path) -> str:
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise ConfigError([f"{VARIABLE}: {file} holds secrets and can be read by others: chmod 600 it."])
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError([f"{VARIABLE}: {file} cannot be read: {error.strerror}."]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{VARIABLE}: {file} is not UTF-8 text."]) from None


def _place(error: ValueError) -> str:
    return f"line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else "unreadable"


def _problems(rows: list[Any]) -> Iterator[str]:
    for number, row in enumerate(rows, start=1):
        if isinstance(row, dict):
            yield from (f"provider {number}: {problem}" for problem in _problems_of(row))
        else:
            yield f"provider {number} is not an object"
    # Two with one issuer could not be told apart by a token that says only who issued it.
    for name in ("key", "issuer"):
        values = [row[name] for row in rows if isinstance(row, dict) and isinstance(row.get(name), str)]
        yield from (f"the {name} {value!r} is used twice" for value in sorted({v for v in values if values.count(v) > 1}))
    if sum(not row.get("domains") for row in rows if isinstance(row, dict)) > 1:
        # One that may vouch for anybody could sign in the people of all the others.
        yield "several providers are without domains: at most one may vouch for any address"


def _problems_of(row: dict[str, Any]) -> Iterator[str]:
    yield from (f"{name!r} is not a setting" for name in sorted(row.keys() - {*_TEXTS, *_LISTS}))
    bad = [name for name in _TEXTS if not isinstance(row.get(name), str) or not row[name].strip()]
    yield from (f"{name} must be a text that is not empty" for name in bad)
    yield from (f"{name} must be a list of words" for name in _LISTS if name in row and not _words(row[name]))
    if "key" not in bad and not _KEY.fullmatch(row["key"]):
        yield "key must be lower-case letters, digits and dashes, at most 31"
    if "issuer" not in bad and not is_safe(row["issuer"]):
        yield "issuer must be an https address (http on loopback only)"
    if _words(domains := row.get("domains", [])):
        yield from (
            f"{domain!r} in domains is not a domain like example.com" for domain in domains if not as_the_network_writes(domain)
        )
    if _words(row.get("scopes")) and "openid" not in row["scopes"]:
        yield "scopes must contain openid"


def _words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(word, str) and word and not re.search(r"\s", word) for word in value)


def _provider(row: dict[str, Any]) -> Provider:
    scopes = tuple(row.get("scopes") or DEFAULT_SCOPES)
    domains = tuple(as_the_network_writes(domain) for domain in row.get("domains", ()))
    return Provider(**{name: row[name] for name in _TEXTS}, scopes=scopes, domains=domains)
