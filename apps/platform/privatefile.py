"""Files that hold secrets: all of it or none, and never readable by others, not even for a moment."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_private(file: Path, content: str | bytes) -> None:
    """Put it there, in place of what there may be."""
    with _beside(file, content) as temporary:
        temporary.replace(file)


def create_private(file: Path, content: str | bytes) -> None:
    """Put it there unless there is one already: of several processes that try at once, one wins."""
    with _beside(file, content) as temporary, contextlib.suppress(FileExistsError):
        os.link(temporary, file)  # fails where a rename would replace another's


@contextmanager
def _beside(file: Path, content: str | bytes) -> Iterator[Path]:
    """A complete copy in the same directory; nothing of it is left, however this ends."""
    temporary = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
