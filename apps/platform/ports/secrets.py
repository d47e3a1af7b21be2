"""The secret store port. People and public routes only ever write; `reveal` is for the claim path of trusted workers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from apps.platform.errors import Permanent

# The narrowest limits of any driver hold for all.
MAX_VALUE_BYTES = 64 * 1024
_PATH = re.compile(r"/(?!/)(?:[A-Za-z0-9_.@+=-]+/)*[A-Za-z0-9_.@+=-]+")
_MAX_PATH = 300


@dataclass(frozen=True)
class SecretInfo:
    """What may be shown of a secret: never its value."""

    path: str
    version: int
    created_at: datetime
    rotated_at: datetime


class SecretMissing(LookupError):
    """There is no secret under that path."""


class SecretStore(Protocol):
    """Values are encrypted at rest; a write is visible to the next read; paths look like `/{env}/{org}/user/{name}`.

    AWS may list a new name some minutes late; `reveal` of it works at once.
    """

    def put(self, path: str, value: str) -> SecretInfo:
        """Create or rotate: the version goes up by one."""

    def delete(self, path: str) -> None:
        """Gone at once and for good; a missing secret is not an error."""

    def list(self, prefix: str) -> list[SecretInfo]:
        """In path order, without values."""

    def reveal(self, path: str) -> str:
        """The current value, or SecretMissing."""


def check_writable(path: str, value: str) -> None:
    """The same refusals in every driver; no message ever holds the value."""
    if not _PATH.fullmatch(path) or len(path) > _MAX_PATH:
        raise Permanent(f"a secret path is /words/of/letters, digits and _.@+=-, at most {_MAX_PATH} characters; not {path!r}")
    if not value:
        raise Permanent(f"the secret {path} is empty; delete it instead")
    if (size := len(value.encode())) > MAX_VALUE_BYTES:
        raise Permanent(f"the secret {path} has {size:,} bytes; the limit is {MAX_VALUE_BYTES:,}")
