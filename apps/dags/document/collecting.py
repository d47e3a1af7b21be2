"""The garbage collector, held back while a document is looked at."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """A check keeps nearly all that it makes until it ends, and a document is bounded: to look for garbage meanwhile was a third of its time.

    Of threads that overlap the first that came switches it on again, perhaps early, which costs time and nothing else.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
