"""The files that pages load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib import admin
from whitenoise.middleware import WhiteNoiseMiddleware


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise has no types
    """What our build made, and what Django's admin brings, from where it lies: it then always fits the Django that runs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.add_files(Path(admin.__file__).parent / "static" / "admin", prefix=f"{self.static_prefix}admin/")
