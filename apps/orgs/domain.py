"""Roles that every org has, how far a grant reaches, and the shape of an API token. Pure."""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum

from apps.platform.errors import Invalid

TOKEN_PREFIX = "trace_pat_"
LONGEST_PURPOSE = 500
# Words that would read as an address or as Trace itself; `platform` is the org of global data, made by Trace.
RESERVED_SLUGS = frozenset({"admin", "api", "internal", "new", "static", "trace", "system"})


class SystemRole(StrEnum):
    ADMIN = "admin"
    WRITER = "writer"
    READER = "reader"


class HostPurpose(StrEnum):
    """What a host outside of Trace is approved for: data that comes from it, or alerts that go to it."""

    FEED = "feed"
    WEBHOOK = "webhook"


class Level(StrEnum):
    """How far somebody gets with one thing. `change` contains `view`."""

    VIEW = "view"
    CHANGE = "change"

    def within(self) -> tuple[Level, ...]:
        """The levels that suffice for this one."""
        return (Level.VIEW, Level.CHANGE) if self is Level.VIEW else (Level.CHANGE,)


class Visibility(StrEnum):
    """Who of a thing's own org sees it without a grant."""

    PRIVATE = "private"
    ROLE = "role"
    ORG = "org"


class Scope(StrEnum):
    """How much of its owner's rights a token has. Each contains the one before.

    `platform` alone reaches beyond the token's org, and only platform staff can make one.
    """

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    PLATFORM = "platform"

    def covers(self, needed: Scope) -> bool:
        order = list(Scope)
        return order.index(self) >= order.index(needed)


SCOPE_WORDS = {
    Scope.READ: "read", Scope.WRITE: "read and write", Scope.ADMIN: "all that its owner may in this org",
    Scope.PLATFORM: "all that its owner may, as platform staff in every org too",
}  # fmt: skip


def checked_purpose(text: str, *, least: int = 3, words: int = 1) -> str:
    """What something is granted for, in one line; how much must be said depends on what is granted."""
    purpose = " ".join(text.split())
    if not least <= len(purpose) <= LONGEST_PURPOSE or len(purpose.split()) < words or not purpose.isprintable():
        needed = f"{least} to {LONGEST_PURPOSE} characters" + (f" and at least {words} words" if words > 1 else "")
        raise Invalid(f"Write what it is for, in {needed}: who looks at the grant reads it.", code="purpose_needed")
    return purpose


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """Tokens have 256 random bits, so one fast hash is enough: there is nothing to guess."""
    return hashlib.sha256(token.encode()).digest()
