"""Files of the object store by their links: whole and as they were written, or not there."""

from __future__ import annotations

from hashlib import file_digest, sha256
from pathlib import Path

import httpx

from apps.cli.exits import Misused, Unreachable
from apps.cli.told import Json

_TIMEOUT = httpx.Timeout(60, connect=10)


def download(file: Json, path: Path) -> bool:
    """Whether it was not there yet."""
    try:
        if path.exists() and _hash_of(path) == file["sha256"]:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        _fetch(file, path)
    except httpx.HTTPError as error:
        raise Unreachable(f"{path.name} could not be fetched: {error}") from None
    except OSError as error:
        raise Misused(f"{path} cannot be written: {error.strerror or error}") from None
    return True


def _hash_of(path: Path) -> str:
    with path.open("rb") as there:
        return file_digest(there, sha256).hexdigest()


def _fetch(file: Json, path: Path) -> None:
    part, digest = path.with_name(f".{path.name}.part"), sha256()
    try:
        with httpx.stream("GET", file["url"], timeout=_TIMEOUT) as answer, part.open("wb") as there:
            answer.raise_for_status()
            for piece in answer.iter_bytes():
                digest.update(piece)
                there.write(piece)
        if digest.hexdigest() != file["sha256"]:
            raise Unreachable(f"{path.name} came otherwise than it was written. Fetch it again.")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
