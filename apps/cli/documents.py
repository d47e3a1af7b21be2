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
class Document:
    """`path` as somebody would type it. `text` as Trace counts its lines and hashes it."""

    path: str
    text: str

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
        return Document(path, _text(path, (directory / path).read_bytes()))
    except OSError as error:
        raise Misused(f"{path} cannot be read: {error.strerror}.") from None


def _read_stdin(stdin: TextIO) -> Document:
    buffer = getattr(stdin, "buffer", None)
    return Document(STDIN, _text("The standard input", buffer.read() if buffer else stdin.read().encode()))


def _text(path: str, content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        place = f"byte {error.start + 1} is 0x{content[error.start]:02x}"
        raise Misused(f"{path} is not a text in UTF-8: {place}.", hint="Save it as UTF-8.") from None
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
