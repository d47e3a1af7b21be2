"""The gateway as a whole: asks for its pools, answers calls from the cache or by a provider, and counts."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from apps.platform import metrics
from apps.platform.config import Config
from apps.platform.contracts.rpc import GatewayStatus, PoolKind
from apps.platform.errors import Transient
from apps.platform.heartbeat import Heartbeat
from workers.rpc_gateway.addresses import AddressRules
from workers.rpc_gateway.asking import Answered, Asker
from workers.rpc_gateway.beacon import BeaconAsker, Passed, Question
from workers.rpc_gateway.envelopes import Answer, Asked, Call, Settled, read_request
from workers.rpc_gateway.fetching import Fetcher
from workers.rpc_gateway.finality import is_final, may_be_kept
from workers.rpc_gateway.limits import Limits, Pace
from workers.rpc_gateway.plane import PoolsPlane
from workers.rpc_gateway.pool import Pool
from workers.rpc_gateway.public_addresses import PublicRules
from workers.rpc_gateway.reads import Reads, Way
from workers.rpc_gateway.refusals import Refusal
from workers.rpc_gateway.served import Served, Table
from workers.rpc_gateway.tickets import Held, Tickets

log = structlog.get_logger("trace.rpc_gateway")

# A batch this large is answered in slices, so that others have their turn in between.
_FRAMED_AT_ONCE = 200
# For a pool that is not known the internal plane is asked again, but not by every call.
_NEWS_SECONDS = 0.2


@dataclass(frozen=True)
class Said:
    """`status`: 200, or 403 for a single call that may not be made. `provider`: who answered, also what came from the cache."""

    text: str
    provider: str
    status: int = 200


@dataclass
class _Counted:
    provider: str = ""
    is_error: bool = False


class Gateway(Heartbeat):
    def __init__(self, config: Config, *, limits: Limits | None = None, pace: Pace | None = None) -> None:
        super().__init__()
        self.limits, self.pace = limits or Limits(cache_bytes=config.rpc_gateway_cache_mb << 20), pace or Pace()
        self.tickets = Tickets()
        self.table = Table(AddressRules.of(config), self.limits, self.pace)
        self.feeds = Fetcher(PublicRules(AddressRules.of(config).allows_loopback))
        self._plane = PoolsPlane(config.internal_url, config.gateway_token)
        self._started_at = datetime.now(UTC)
        self._unready: str | None = "The internal plane has not told the pools yet."
        # Whether the internal plane did not answer lately, and when it was asked.
        self._is_alone, self._told_at = False, 0.0
        self._asking_for_pools = asyncio.Lock()
        self._in_flight = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        self._tasks = [asyncio.create_task(self._keep_pools()), asyncio.create_task(self._tell_each_minute())]

    async def close(self) -> None:
        self.rest()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pool in self.table.pools:
            pool.callers.tell()
        await self.table.close()
        await self.feeds.close()
        await self._plane.close()

    def check_pools(self) -> None:
        """Ready once pools were told: those are served from then on, whether or not the internal plane is there."""
        if self._unready:
            raise Transient(self._unready)

    async def _keep_pools(self) -> None:
        while True:
            self.beat()
            await self._ask_for_pools()
            await self.table.leave_the_unwell()
            await asyncio.sleep(self.pace.pools_seconds)

    async def _ask_for_pools(self) -> None:
        async with self._asking_for_pools:
            try:
                told = await self._plane.ask()
            except Transient as error:
                if not self._is_alone:
                    log.warning("rpc_pools_not_told", why=str(error))
                self._is_alone = True
                self._unready = str(error) if self._unready else None
            else:
                self._is_alone, self._unready = False, None
                self.tickets.use_keys(told.keys)
                await self.table.apply(told)
            self._told_at = time.monotonic()

    async def _tell_each_minute(self) -> None:
        while True:
            await asyncio.sleep(self.pace.summary_seconds)
            for pool in self.table.pools:
                pool.callers.tell()

    # Calls

    async def served(self, held: Held, kind: PoolKind) -> Served:
        """A pool that was just made is asked for: whoever has a ticket for it heard of it before we did."""
        if held.ticket.pool not in self.table and time.monotonic() - self._told_at > _NEWS_SECONDS:
            await self._ask_for_pools()
            if self._is_alone and held.ticket.pool not in self.table:
                raise Refusal(503, "no_provider", f"The pool {held.ticket.pool} is not known here yet.", retry_after=2.0)
        served = self.table.of(held.ticket.pool)
        if served.pool.settings.kind is not kind:
            other = "POST /rpc" if served.pool.settings.kind is PoolKind.EVM else "GET /beacon/eth/…"
            raise Refusal(403, "wrong_kind", f"The pool {held.ticket.pool} is not of this kind: call {other}.")
        served.pool.called()
        return served

    async def answer(self, held: Held, body: bytes, reads: Reads) -> Said:
        """Raises Refusal."""
        return await self.answer_asked(held, read_request(body, most_calls=self.limits.most_calls), reads)

    async def answer_asked(self, held: Held, asked: Asked, reads: Reads) -> Said:
        pool = (await self.served(held, PoolKind.EVM)).pool
        calls = asked.calls
        with self._counted(held, pool, len(calls)) as counted:
            found, provider = await self._answers(held, pool, calls, reads)
            counted.provider, counted.is_error = provider, any(one.is_error for one in found.values())
        texts = []
        for number, item in enumerate(asked.items):
            texts.append((item.answer if isinstance(item, Settled) else found[id(item)]).framed(item.id))
            if number % _FRAMED_AT_ONCE == _FRAMED_AT_ONCE - 1:
                await asyncio.sleep(0)
        if asked.is_batch:
            return Said(f"[{','.join(texts)}]", provider)
        return Said(texts[0], provider, 200 if calls else 400 if asked.is_invalid else 403)

    async def _answers(self, held: Held, pool: Pool, calls: Sequence[Call], reads: Reads) -> tuple[dict[int, Answer], str]:
        found: dict[int, Answer] = {}
        kept_by = ""
        if reads.may_be_cached and pool.may_use_cache:
            for call in calls:
                if may_be_kept(call) and (kept := self.table.cache.get(pool.name, call.key)):
                    found[id(call)], kept_by = Answer(kept.said.decode(), True), kept.provider
            pool.hits += len(found)
            metrics.RPC_CACHE.labels(pool.name, "hit").inc(len(found))
        missing = [call for call in calls if id(call) not in found]
        if not missing:
            return found, kept_by
        answered = await self._ask(held, pool, missing, reads)
        for call, answer in zip(missing, answered.answers, strict=True):
            found[id(call)] = answer
        if reads.may_be_cached:
            self._keep(pool, missing, answered)
        return found, answered.provider

    async def _ask(self, held: Held, pool: Pool, calls: Sequence[Call], reads: Reads) -> Answered:
        asker = Asker(pool, calls, key=held.subject, limits=self.limits)
        match reads.way:
            case Way.NAMED:
                return await asker.named(reads.provider)
            case Way.ANY:
                return await asker.any()
            case Way.QUORUM:
                return await asker.quorum(reads.quorum)
            case Way.STICKY:
                return await asker.sticky()

    def _keep(self, pool: Pool, calls: Sequence[Call], answered: Answered) -> None:
        keepable = [(call, answer) for call, answer in zip(calls, answered.answers, strict=True) if may_be_kept(call)]
        pool.misses += len(keepable)
        metrics.RPC_CACHE.labels(pool.name, "miss").inc(len(keepable))
        # While a provider may have become another chain nothing of it is kept.
        if not keepable or not pool.may_use_cache:
            return
        finalized = pool.finalized
        for call, answer in keepable:
            if is_final(call, answer, finalized=finalized):
                self.table.cache.put(pool.name, call.key, answer, answered.provider)

    async def pass_on(self, held: Held, question: Question, reads: Reads) -> tuple[Passed, str]:
        """A call of a beacon node's own API."""
        pool = (await self.served(held, PoolKind.BEACON)).pool
        if reads.way is Way.QUORUM:
            raise Refusal(400, "bad_request", "A quorum is for JSON-RPC: ask each provider by name, and compare.")
        asker = BeaconAsker(pool, question, key=held.subject, limits=self.limits)
        with self._counted(held, pool, 1) as counted:
            answered = await (asker.named(reads.provider) if reads.way is Way.NAMED else asker.sticky())
            counted.provider = answered.provider
            counted.is_error = asker.passed.status >= 400
        return asker.passed, answered.provider

    @contextlib.contextmanager
    def _counted(self, held: Held, pool: Pool, calls: int) -> Iterator[_Counted]:
        if self._in_flight >= self.limits.most_requests:
            raise Refusal(429, "gateway_busy", "The gateway has as many calls open as it may.", retry_after=1.0)
        self._in_flight += 1
        metrics.RPC_IN_FLIGHT.inc()
        counted, started = _Counted(), time.monotonic()
        try:
            yield counted
        except Refusal as refusal:
            counted.is_error = True
            metrics.RPC_REFUSED.labels(pool.name, refusal.code).inc()
            log.warning(
                "rpc_call_failed", pool=pool.name, code=refusal.code, why=refusal.message, org_id=str(held.ticket.org_id or ""),
                dag=held.ticket.dag, job=held.ticket.job, calls=calls,
            )  # fmt: skip
            raise
        finally:
            self._in_flight -= 1
            metrics.RPC_IN_FLIGHT.dec()
            seconds = time.monotonic() - started
            metrics.RPC_CALLS.labels(pool.name).observe(seconds)
            pool.callers.count(held.ticket, counted.provider, calls=calls, is_error=counted.is_error, seconds=seconds)

    # What is shown

    def status(self) -> GatewayStatus:
        for pool in self.table.pools:
            pool.looked_at()
        return GatewayStatus(
            started_at=self._started_at, revision=self.table.revision, pools=[pool.health() for pool in self.table.pools]
        )

    def providers(self, held: Held) -> list[dict[str, object]]:
        pool = self.table.of(held.ticket.pool).pool
        pool.looked_at()
        return [
            {
                "name": one.name,
                "head": one.head.number,
                "finalized": one.head.finalized,
                "can": one.can(),
                "score": round(one.score(pool.head), 4),
            }
            for one in pool.ranked([])
        ]
