"""The object store port: S3's semantics, which every driver has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True)
class ObjectInfo:
    key: str
    size: int
    etag: str
    modified_at: datetime


class ObjectMissing(LookupError):
    """There is no object under that key."""


class ObjectExists(Exception):
    """A conditional write lost: the object is there already, or is no longer the one expected."""


class ObjectStore(Protocol):
    """One bucket. Strong read-after-write; a put is all or nothing; conditional puts have exactly one winner.

    Raises ObjectMissing and ObjectExists for what a caller decides on, Transient and Permanent for the rest.
    """

    def put(self, key: str, body: bytes | BinaryIO | Path, *, if_absent: bool = False, if_etag: str | None = None) -> str:
        """Store and return the etag; large bodies go up in parts. `if_absent` and `if_etag` raise ObjectExists when they lose."""

    def get(self, key: str, *, start: int = 0, length: int | None = None) -> bytes: ...

    def head(self, key: str) -> ObjectInfo: ...

    def list(self, prefix: str) -> Iterator[ObjectInfo]:
        """Everything under the prefix, in key order, fetched page by page."""

    def delete(self, keys: Sequence[str]) -> None:
        """Missing keys are not an error."""

    def presign_get(self, key: str, *, expires: timedelta) -> str: ...

    def presign_put(self, key: str, *, expires: timedelta) -> str: ...
