"""Roles that every org has, and the shape of an API token. Pure."""

from __future__ import annotations

import hashlib
import secrets
from enum import StrEnum

TOKEN_PREFIX = "trace_pat_"


class SystemRole(StrEnum):
    ADMIN = "admin"
    WRITER = "writer"
    READER = "reader"


def new_token() -> str:
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_digest(token: str) -> bytes:
    """Tokens have 256 random bits, so one fast hash is enough: there is nothing to guess."""
    return hashlib.sha256(token.encode()).digest()
