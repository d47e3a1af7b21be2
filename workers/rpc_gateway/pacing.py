"""How much a provider is asked at once and per second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from workers.rpc_gateway.failures import Kind, ProviderFailed


class Bucket:
    """A token bucket that holds what one second gives. A batch larger than that is let through, and owed for."""

    def __init__(self, per_second: float | None, now: float) -> None:
        self._per_second = per_second
        self._held_seconds = max(1.0, 1.0 / per_second) if per_second else 0.0
        # When the next token would be there if everything so far had come evenly.
        self._due = now - self._held_seconds

    def delay(self, now: float) -> float:
        return max(0.0, self._due + 1 / self._per_second - now) if self._per_second else 0.0

    def take(self, tokens: int, now: float, *, patience: float) -> float | None:
        """How long to wait; None where that is longer than the caller would, and then nothing is taken."""
        if not self._per_second:
            return 0.0
        self._due = max(self._due, now - self._held_seconds)
        wait = max(0.0, self._due + min(tokens / self._per_second, self._held_seconds) - now)
        if wait > patience:
            return None
        self._due += tokens / self._per_second
        return wait


class Slots:
    """Calls that a provider has open at once; the rest wait in line."""

    def __init__(self, most: int) -> None:
        self._slots = asyncio.Semaphore(most)
        self.taken = 0

    @asynccontextmanager
    async def one(self, *, patience: float) -> AsyncIterator[None]:
        if self._slots.locked():
            await self._wait(patience)
        else:
            await self._slots.acquire()
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._slots.release()

    async def _wait(self, patience: float) -> None:
        try:
            async with asyncio.timeout(patience):
                await self._slots.acquire()
        except TimeoutError:
            raise ProviderFailed(Kind.BUSY, "it has as many calls open as it may", retry_after=1.0) from None
