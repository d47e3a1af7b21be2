"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(act: Callable[[], object], *, seconds: float = 10) -> None:
    """Again until it neither raises nor answers False."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if act() is not False:
                return
            error: Exception = AssertionError("it stayed False")
        except Exception as raised:  # noqa: BLE001  whatever a server that is not there yet answers
            error = raised
        if time.monotonic() > deadline:
            raise error
        time.sleep(0.05)
