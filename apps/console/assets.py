"""Where the built front end lies: `app.css` → `/static/app-1A2B3C4D.css`, through the manifest that the build writes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django.conf import settings


class NotBuiltYet(Exception):
    """The front end has not been built: run `make build`."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no built file for {name!r} in {settings.STATIC_ROOT}: run make build.")


def asset_url(name: str) -> str:
    """Raises NotBuiltYet for a name that the last build did not write."""
    path = Path(settings.STATIC_ROOT) / "manifest.json"
    try:
        # In development the files are looked for at every request, and so is this. Elsewhere WhiteNoise knows only the files
        # that were there at the start: a build beside a running server must not send its pages to files it does not serve.
        files = _manifest(path, path.stat().st_mtime_ns if settings.DEBUG else 0)
        return f"{settings.STATIC_URL}{files[name]}"
    except (OSError, KeyError):
        raise NotBuiltYet(name) from None


@cache
def _manifest(path: Path, version: int) -> dict[str, str]:
    files: dict[str, str] = json.loads(path.read_text())
    return files
