"""Documents: found below directories, read, and compared by their text."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from apps.cli.exits import Misused

STDIN = "-"
_ENDINGS = frozenset({".yaml", ".yml"})


@dataclass(frozen=True)
class BadByte:
    """The first one that is no UTF-8: its place, from 1, in the file and in the text."""

    number: int
    value: int
    line: int
    column: int


@dataclass(frozen=True)
class Document:
    """`path` as somebody would type it. `text` as Trace counts its lines and hashes it; with a bad byte it is only there to be shown."""

    path: str
    text: str
    bad_byte: BadByte | None = None

    @property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @property
    def digest(self) -> str:
        """The `yaml_hash` of the version that it is or would be."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_all(paths: Sequence[str], *, directory: Path, stdin: TextIO) -> list[Document]:
    return [_read_stdin(stdin) if path == STDIN else _read(path, directory) for path in find_all(paths, directory=directory)]


def find_all(paths: Sequence[str], *, directory: Path) -> list[str]:
    """Each once, in the order given; below a directory in the order of their names."""
    return list(dict.fromkeys(found for path in paths for found in _find(path, directory)))


def documents_below(path: str, *, directory: Path) -> list[str]:
    root = directory / path
    found: list[Path] = []
    for folder, folders, names in os.walk(root):
        # What is hidden is a tool's own: .git, .github, .venv.
        folders[:] = [name for name in folders if not name.startswith(".")]
        shown = Path(path) / Path(folder).relative_to(root)
        found += [shown / name for name in names if Path(name).suffix in _ENDINGS and not name.startswith(".")]
    return [str(file) for file in sorted(found)]


def _find(path: str, directory: Path) -> Iterator[str]:
    if path == STDIN or not (directory / path).is_dir():
        yield path
        return
    found = documents_below(path, directory=directory)
    if not found:
        raise Misused(f"There is no *.yaml or *.yml below {path}.", hint="Is it the directory that you meant?")
    yield from found


def _read(path: str, directory: Path) -> Document:
    try:
        return _document(path, (directory / path).read_bytes())
    except OSError as error:
        raise Misused(f"{path} cannot be read: {error.strerror}.") from None


def _read_stdin(stdin: TextIO) -> Document:
    buffer = getattr(stdin, "buffer", None)
    return _document(STDIN, buffer.read() if buffer else stdin.read().encode())


def _document(path: str, content: bytes) -> Document:
    try:
        return Document(path, _text(content))
    except UnicodeDecodeError as error:
        before = _text(content[: error.start])
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        bad = BadByte(error.start + 1, content[error.start], line, column)
        return Document(path, _text(content, errors="replace"), bad)


def _text(content: bytes, errors: str = "strict") -> str:
    return content.decode(errors=errors).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
