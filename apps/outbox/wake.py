"""How the publishers hear of what is put: the transaction that puts it notifies them as it commits.

No message of the broker between: it took as long as the publishing itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection

CHANNEL = "trace_outbox"
# What a notice says where something failed, and waits for its time.
FAILED = "failed"
_is_draining: ContextVar[bool] = ContextVar("is_draining", default=False)


def wake_publisher(*, word: str = "") -> None:
    """When the transaction commits, once however often it is called."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, word])


def is_draining() -> bool:
    return _is_draining.get()


@contextmanager
def draining() -> Iterator[None]:
    """Whoever drains looks again before it rests: what its own effects put needs no wake-up."""
    before = _is_draining.set(True)
    try:
        yield
    finally:
        _is_draining.reset(before)
