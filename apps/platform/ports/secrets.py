"""The secret store port. People and public routes only ever write; `reveal` is for the claim path of trusted workers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


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
    """Values are encrypted at rest; a write is visible to the next read; paths look like `/{env}/{org}/user/{name}`."""

    def put(self, path: str, value: str) -> SecretInfo:
        """Create or rotate: the version goes up by one."""

    def delete(self, path: str) -> None:
        """Gone at once and for good; a missing secret is not an error."""

    def list(self, prefix: str) -> list[SecretInfo]:
        """In path order, without values."""

    def reveal(self, path: str) -> str:
        """The current value, or SecretMissing."""
