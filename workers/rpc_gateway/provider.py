"""A provider of a pool: its limits, what is known of it, and a call to it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import structlog
from prometheus_client import Counter, Histogram

from apps.platform import metrics
from apps.platform.contracts.rpc import Circuit, PoolSettings, ProviderHealth, ProviderSettings
from workers.rpc_gateway.circuit import Breaker
from workers.rpc_gateway.envelopes import Answer, Call
from workers.rpc_gateway.failures import Kind, ProviderFailed
from workers.rpc_gateway.limits import Limits, Pace
from workers.rpc_gateway.methods import LIGHT, Family
from workers.rpc_gateway.pacing import Bucket, Slots
from workers.rpc_gateway.scrubbing import Scrubber
from workers.rpc_gateway.timings import Timings

log = structlog.get_logger("trace.rpc_gateway")

# A method that it has not got is not asked of it again for this long: nodes are upgraded.
LACKS_SECONDS = 600.0
# Parts of one batch that are under way at once.
PARTS_AT_ONCE = 4
_FIRST_REST, _LONGEST_REST = 0.5, 30.0


_T = TypeVar("_T")


class Asks(Protocol):
    async def ask(self, calls: Sequence[Call], *, seconds: float) -> list[Answer]: ...


class _NoWire:
    async def ask(self, calls: Sequence[Call], *, seconds: float) -> list[Answer]:
        raise ProviderFailed(Kind.NOT_REACHED, "its address is not called")


@dataclass
class Head:
    """What it said of its chain, and when we heard."""

    number: int | None = None
    hash: str | None = None
    at: float = 0.0
    finalized: int | None = None
    genesis: str | None = None
    # A finalised block that answers were kept about.
    anchor: tuple[int, str] | None = None


@dataclass
class Counts:
    requests: int = 0
    errors: int = 0
    rate_limited: int = 0


@dataclass
class Knowledge:
    """`is_verified`: it was asked what it is since it was last away. `problem`: why it is never used, or the last choice."""

    is_verified: bool = False
    problem: str = ""
    banned: str = ""
    client_version: str = ""
    lacks: dict[str, float] = field(default_factory=dict)


class Provider:
    def __init__(self, pool: PoolSettings, settings: ProviderSettings, limits: Limits, pace: Pace) -> None:
        self.pool, self.settings, self.limits = pool, settings, limits
        self.name = settings.name
        self.scrubber = Scrubber(settings)
        # Of a provider that may not be called, or not with calls, there is none.
        self.wire: Asks = _NoWire()
        self.bucket = Bucket(settings.requests_per_second, time.monotonic())
        self.slots = Slots(settings.most_concurrent)
        self.breaker = Breaker(first_seconds=pace.first_cooldown_seconds, longest_seconds=pace.longest_cooldown_seconds)
        self.timings, self.counts, self.known, self.head = Timings(), Counts(), Knowledge(), Head()
        # To look each up by its labels at every call takes longer than to count.
        self._metrics: dict[Family, tuple[Counter, Histogram]] = {}
        self.resting_until = 0.0
        self._limited_in_a_row = 0
        # Set where the watcher should look at it now.
        self.suspected = asyncio.Event()

    # What is known

    @property
    def is_usable(self) -> bool:
        return self.known.is_verified and not self.known.banned and self.breaker.is_closed

    def rest(self, now: float) -> float:
        """Until it takes calls again, by its own word or by our limit."""
        return max(self.resting_until - now, self.bucket.delay(now), 0.0)

    def lacks(self, methods: Sequence[str] | set[str]) -> bool:
        now = time.monotonic()
        return bool(self.known.lacks) and any(self.known.lacks.get(method, 0.0) > now for method in methods)

    def has_not(self, method: str) -> None:
        self.known.lacks[method] = time.monotonic() + LACKS_SECONDS
        if len(self.known.lacks) > 200:
            self.known.lacks.pop(next(iter(self.known.lacks)))

    def lag(self, best: int | None) -> int:
        return max(0, best - self.head.number) if best is not None and self.head.number is not None else 0

    def score(self, best: int | None) -> float:
        """Between 0 and 1: quick, without errors, at the head."""
        if not self.is_usable:
            return 0.0
        quick = 1 / (1 + (self.timings.average or 0.05) / 0.5)
        near = 1 / (1 + self.lag(best) / max(1, self.pool.most_head_lag))
        return quick * (1 - self.timings.error_rate) ** 2 * near

    # Asking

    async def ask(self, calls: Sequence[Call], *, patience: float, until: float) -> list[Answer]:
        """All of them, in their order. Raises ProviderFailed. `patience`: how long to wait for a turn; `until`: when to give up."""
        most = self.settings.most_batch
        if len(calls) <= most:
            return await self._ask_part(calls, patience, until)
        parts = [calls[at : at + most] for at in range(0, len(calls), most)]
        at_once = asyncio.Semaphore(PARTS_AT_ONCE)

        async def one(part: Sequence[Call]) -> list[Answer]:
            async with at_once:
                return await self._ask_part(part, max(patience, until - time.monotonic()), until)

        try:
            async with asyncio.TaskGroup() as group:
                asked = [group.create_task(one(part)) for part in parts]
        except* ProviderFailed as failed:
            raise failed.exceptions[0] from None
        return [answer for part in asked for answer in part.result()]

    async def _ask_part(self, calls: Sequence[Call], patience: float, until: float) -> list[Answer]:
        return await self.run(
            lambda seconds: self.wire.ask(calls, seconds=seconds), heaviest(calls), len(calls), patience=patience, until=until
        )

    async def run(self, do: Callable[[float], Awaitable[_T]], family: Family, count: int, *, patience: float, until: float) -> _T:
        """`do` when it is its turn, with the seconds that it may take; what became of it is remembered."""
        now = time.monotonic()
        wait = self.bucket.take(count, now, patience=min(patience, until - now))
        if wait is None:
            raise ProviderFailed(Kind.BUSY, "its rate limit is used up", retry_after=self.bucket.delay(now))
        if wait:
            await asyncio.sleep(wait)
        async with self.slots.one(patience=max(0.05, min(patience, until - time.monotonic()))):
            started = time.monotonic()
            try:
                done = await do(max(0.05, min(self._try_seconds(family, count), until - started)))
            except ProviderFailed as failed:
                self.note_failure(failed, family, time.monotonic() - started)
                raise
            self._note_success(family, time.monotonic() - started)
            return done

    def _try_seconds(self, family: Family, count: int) -> float:
        if family in LIGHT and count <= 20:
            usual = self.timings.percentile(0.95, family) or 0.0
            return min(self.settings.timeout_seconds, max(self.limits.light_seconds, usual * 10))
        return self.settings.timeout_seconds

    # What happened

    def note_failure(self, failed: ProviderFailed, family: Family, seconds: float) -> None:
        now = time.monotonic()
        self.counts.requests += 1
        outcome = failed.kind.value
        metrics.RPC_REQUESTS.labels(self.pool.name, self.name, family.value, outcome).inc()
        if failed.kind is Kind.LIMITED:
            self.counts.rate_limited += 1
            self._rest(failed, now)
        else:
            self.counts.errors += 1
            self.timings.failed()
            if failed.kind is Kind.CLOSED:
                self.suspected.set()
            if self.breaker.failed(failed.weight, now):
                self.known.is_verified = False
                self.suspected.set()
                log.warning("rpc_circuit_opened", pool=self.pool.name, provider=self.name, why=failed.words)
        self.known.problem = f"Failed lately: {failed.words}."
        log.info(
            "rpc_failed", pool=self.pool.name, provider=self.name, family=family.value, outcome=outcome, why=failed.words,
            milliseconds=round(seconds * 1000, 1),
        )  # fmt: skip

    def _note_success(self, family: Family, seconds: float) -> None:
        self.counts.requests += 1
        self._limited_in_a_row = 0
        self.timings.succeeded(family, seconds)
        if self.breaker.is_closed:
            self.breaker.succeeded()
            self.known.problem = ""
        if (told := self._metrics.get(family)) is None:
            labels = (self.pool.name, self.name, family.value)
            told = self._metrics[family] = (metrics.RPC_REQUESTS.labels(*labels, "ok"), metrics.RPC_SECONDS.labels(*labels))
        told[0].inc()
        told[1].observe(seconds)

    def _rest(self, failed: ProviderFailed, now: float) -> None:
        """As long as it says; where it does not say, longer each time, and not in step with others."""
        self._limited_in_a_row += 1
        grown = min(_FIRST_REST * 2 ** (self._limited_in_a_row - 1), _LONGEST_REST) * random.uniform(0.8, 1.2)  # noqa: S311
        seconds = failed.retry_after if failed.retry_after is not None else grown
        failed.retry_after = seconds
        self.resting_until = max(self.resting_until, now + seconds)

    # What is shown

    def health(self, best: int | None) -> ProviderHealth:
        now = time.monotonic()
        p50, p95 = self.timings.percentile(0.5), self.timings.percentile(0.95)
        return ProviderHealth(
            name=self.name, circuit=self.breaker.state(now) if not self.known.banned else Circuit.OPEN,
            score=round(self.score(best), 4), head=self.head.number,
            head_lag=self.lag(best) if self.head.number is not None else None,
            head_age_seconds=round(now - self.head.at, 3) if self.head.number is not None else None,
            finalized=self.head.finalized,
            latency_p50_ms=round(p50 * 1000, 2) if p50 is not None else None,
            latency_p95_ms=round(p95 * 1000, 2) if p95 is not None else None,
            error_rate=round(self.timings.error_rate, 4), requests=self.counts.requests, errors=self.counts.errors,
            rate_limited=self.counts.rate_limited, in_flight=self.slots.taken, client_version=self.known.client_version,
            can=self.can(), problem=self.problem(best, now),
        )  # fmt: skip

    def can(self) -> list[str]:
        settings = self.settings
        told = {
            "archive": settings.has_archive,
            "traces": settings.has_traces,
            "debug": settings.has_debug,
            "heads": bool(settings.ws_url),
        }
        return [name for name, has in told.items() if has]

    def problem(self, best: int | None, now: float) -> str:
        if self.known.banned:
            return self.known.banned
        if not self.breaker.is_closed:
            return self.known.problem or "Failed lately."
        if not self.known.is_verified:
            return self.known.problem or "Not reached yet."
        if self.resting_until > now:
            return f"It says that it is asked too often: not asked for {self.resting_until - now:.0f} s."
        if (lag := self.lag(best)) > self.pool.most_head_lag:
            return f"Its head is {lag} blocks behind the best: asked only when no other is left."
        return self.known.problem


_ORDER = {family: number for number, family in enumerate(Family)}


def heaviest(calls: Sequence[Call]) -> Family:
    return calls[0].family if len(calls) == 1 else max((call.family for call in calls), key=_ORDER.__getitem__)
