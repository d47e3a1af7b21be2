"""The object store port: S3's semantics, which every driver has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Protocol

from apps.platform.errors import Permanent

_MAX_KEY_BYTES = 1_024


@dataclass(frozen=True)
class ObjectInfo:
    key: str
    size: int
    etag: str
    modified_at: datetime


class ObjectMissing(LookupError):
    """There is no object under that key."""


class WriteLost(Exception):
    """A conditional write lost: the object is there already, or is no longer the one expected."""


class ObjectStore(Protocol):
    """One bucket; keys are plain paths (`check_key`). Strong read-after-write; a put is all or nothing; conditional puts have exactly one winner.

    Raises ObjectMissing and WriteLost for what a caller decides on, Transient and Permanent for the rest. After an answer
    that got lost, trying a conditional put again may report WriteLost against one's own write: compare the content.
    """

    def put(self, key: str, body: bytes | BinaryIO | Path, *, if_absent: bool = False, if_etag: str | None = None) -> str:
        """Store and return the etag; large bodies go up in parts. `if_absent` and `if_etag` raise WriteLost when they lose."""

    def get(self, key: str, *, start: int = 0, length: int | None = None) -> bytes:
        """The bytes of the range that exist, as reading a file would give: none past the end."""

    def head(self, key: str) -> ObjectInfo: ...

    def list(self, prefix: str, *, after: str = "") -> Iterator[ObjectInfo]:
        """Everything under the prefix, fetched page by page; in key order on S3, folder by folder on SeaweedFS. `after`: a key at
        which a listing ended, to go on from there.
        """

    def delete(self, keys: Sequence[str]) -> None:
        """Missing keys are not an error. Takes also what `check_key` refuses, as a listing gave it: whoever has keys to a folder may
        have written it, and it must go with the rest.
        """

    def presign_get(self, key: str, *, expires: timedelta) -> str: ...

    def presign_put(self, key: str, *, expires: timedelta) -> str: ...


def check_key(key: str) -> None:
    """S3 keeps any text; other servers read keys as paths and would merge `a//b` with `a/b`, or climb at `..`."""
    if any(segment in {"", ".", ".."} for segment in key.split("/")) or len(key.encode()) > _MAX_KEY_BYTES:
        raise Permanent(f"an object key is a path without empty parts, `.` and `..`, at most {_MAX_KEY_BYTES} bytes; not {key!r}")
