"""A pool: its providers, what is known of its chain, and whose turn it is."""

from __future__ import annotations

import asyncio
import hashlib
import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime

import structlog

from apps.platform.contracts.rpc import PoolHealth, PoolKind, PoolSettings
from workers.rpc_gateway.cache import Cache
from workers.rpc_gateway.callers import Callers
from workers.rpc_gateway.envelopes import Call
from workers.rpc_gateway.limits import Pace
from workers.rpc_gateway.methods import Family
from workers.rpc_gateway.needs import needs_of
from workers.rpc_gateway.provider import Provider

log = structlog.get_logger("trace.rpc_gateway")

_MOST_STICKY = 10_000
# Longer than this a provider that rests is not waited for while another is well.
_SHORT_REST = 0.25


class Pool:
    def __init__(self, settings: PoolSettings, providers: Sequence[Provider], cache: Cache, pace: Pace) -> None:
        self.settings, self.providers, self.cache, self.pace = settings, list(providers), cache, pace
        self.name = settings.name
        self.callers = Callers(settings.name)
        self.hits = self.misses = self.hedged = self.hedgeable = 0
        self.head_hash: str | None = None
        self.head_seen_at: datetime | None = None
        self._head: int | None = None
        self._sticky: OrderedDict[tuple[str, frozenset[str]], str] = OrderedDict()
        self._called_at = self._looked_at = -math.inf
        # Set where something was learnt of a provider.
        self.changed = asyncio.Event()

    # Who is looked at how often

    def called(self) -> None:
        if not self.is_awake:
            # Meanwhile the chain may have become another: nothing that is kept is given out before that was looked at.
            for provider in self.providers:
                provider.suspected.set()
        self._called_at = time.monotonic()

    def looked_at(self) -> None:
        self._looked_at = time.monotonic()

    @property
    def is_awake(self) -> bool:
        return time.monotonic() - self._called_at < self.pace.awake_seconds

    @property
    def poll_seconds(self) -> float:
        awake = self.pace.beacon_seconds if self.settings.kind is PoolKind.BEACON else self.pace.poll_seconds
        if self.is_awake:
            return awake
        is_watched = time.monotonic() - self._looked_at < self.pace.awake_seconds
        return max(awake, self.pace.watched_seconds if is_watched else self.pace.idle_seconds)

    # What is known of the chain

    @property
    def usable(self) -> list[Provider]:
        return [one for one in self.providers if one.is_usable]

    @property
    def head(self) -> int | None:
        """The highest; of three and more the highest that another is near, or one with an absurd head would draw all calls to itself."""
        heads = sorted((one.head.number for one in self.usable if one.head.number is not None), reverse=True)
        if len(heads) < 3:
            return heads[0] if heads else None
        return next(one for one in heads if one <= heads[1] + self.settings.most_head_lag)

    @property
    def finalized(self) -> int | None:
        """What every provider that tells says; where none does, so far below the head of the last one that nothing changes any more."""
        usable = self.usable
        if told := [one.head.finalized for one in usable if one.head.finalized is not None]:
            return min(told)
        if self.settings.kind is PoolKind.BEACON:
            return None  # in epochs, where heads are in slots
        heads = [one.head.number for one in usable if one.head.number is not None]
        deep = min(heads) - self.settings.finality_depth if heads else -1
        return deep if deep >= 0 else None

    @property
    def may_use_cache(self) -> bool:
        """Not while a provider may have become another chain."""
        usable = self.usable
        return bool(usable) and not any(one.suspected.is_set() for one in usable)

    def saw_head(self, provider: Provider, number: int, block_hash: str) -> None:
        head = provider.head
        if head.number != number or head.hash != block_hash:
            head.number, head.hash, head.at = number, block_hash, time.monotonic()
        best = self.head
        if best == number and (self._head != number or (self.head_hash != block_hash and len(self.usable) == 1)):
            self._head, self.head_hash, self.head_seen_at = number, block_hash, datetime.now(UTC)

    def forget_answers(self, *, why: str) -> None:
        gone = self.cache.forget(self.name)
        log.warning("rpc_cache_dropped", pool=self.name, why=why, answers=gone)

    def learnt(self) -> None:
        self._judge_genesis()
        self.changed.set()
        self.changed = asyncio.Event()

    def _judge_genesis(self) -> None:
        """A provider whose first block is not that of the others is on another chain, whatever its id says."""
        told = Counter(one.head.genesis for one in self._of_this_chain_id if one.head.genesis)
        most = told.most_common(2)
        for one in self._of_this_chain_id:
            is_odd = len(most) == 2 and most[0][1] > most[1][1] and one.head.genesis not in {None, most[0][0]}
            one.known.banned = OTHER_GENESIS if is_odd else ""

    @property
    def _of_this_chain_id(self) -> list[Provider]:
        return [one for one in self.providers if one.known.is_verified and one.known.banned in {"", OTHER_GENESIS}]

    # Whose turn it is

    async def wait_for_providers(self, *, seconds: float) -> None:
        """At the start nobody has been looked at yet."""
        until = time.monotonic() + seconds
        while not self.usable and (left := until - time.monotonic()) > 0 and any(_is_new(one) for one in self.providers):
            changed = self.changed
            try:
                await asyncio.wait_for(changed.wait(), left)
            except TimeoutError:
                return

    def ranked(self, calls: Sequence[Call], *, avoid: Collection[str] = ()) -> list[Provider]:
        """Those that may be asked, the best first."""
        best = self.head
        rank = self._ranking(calls, best)
        return sorted(
            (one for one in self.usable if one.name not in avoid),
            key=lambda one: (rank(one), -one.score(best) * one.settings.weight),
        )

    def has_other(self, provider: Provider) -> bool:
        return any(one is not provider and one.is_usable for one in self.providers)

    def sticky(self, key: str, calls: Sequence[Call]) -> Provider | None:
        """The provider that this caller has had, as long as it is well; else another that will be its own."""
        best = self.head
        needs, rank = needs_of(calls, head=best), self._ranking(calls, best)
        had = self._sticky.get((key, needs)) or self._sticky.get((key, frozenset()))
        found = self.named(had) if had else None
        if found and found.is_usable and rank(found) == WELL:
            return found
        ranks = {one.name: rank(one) for one in self.usable}
        equals = [one for one in self.usable if ranks[one.name] == min(ranks.values())]
        if not equals or found in equals:
            return found if equals else None
        chosen = max(equals, key=lambda one: _share(key, one))
        self.stick(key, calls, chosen)
        return chosen

    def _ranking(self, calls: Sequence[Call], best: int | None) -> Callable[[Provider], tuple[bool, int, int]]:
        """Has it got the methods; how much of what they need is it said not to have; is it at the head, and takes it calls?"""
        now, methods, needs = time.monotonic(), {call.method for call in calls}, needs_of(calls, head=best)

        def rank(one: Provider) -> tuple[bool, int, int]:
            tier = 2 if one.rest(now) > _SHORT_REST else 1 if one.lag(best) > self.settings.most_head_lag else 0
            return one.lacks(methods), len(needs.difference(one.can())) if needs else 0, tier

        return rank

    def stick(self, key: str, calls: Sequence[Call], provider: Provider) -> None:
        place = (key, needs_of(calls, head=self.head))
        self._sticky[place] = provider.name
        self._sticky.move_to_end(place)
        if len(self._sticky) > _MOST_STICKY:
            self._sticky.popitem(last=False)

    def named(self, name: str) -> Provider | None:
        return next((one for one in self.providers if one.name == name), None)

    def slow_after(self, provider: Provider, family: Family) -> float:
        """When a second provider is asked beside it."""
        usual = provider.timings.percentile(0.95, family)
        return max(0.02, usual) if usual is not None else 0.3

    def health(self) -> PoolHealth:
        best = self.head
        return PoolHealth(
            name=self.name, kind=self.settings.kind, chain_id=self.settings.chain_id, head=best, head_hash=self.head_hash,
            head_seen_at=self.head_seen_at, finalized=self.finalized, cache_hits=self.hits, cache_misses=self.misses, hedged=self.hedged,
            callers=self.callers.newest(), providers=[one.health(best) for one in self.providers],
        )  # fmt: skip


WELL = (False, 0, 0)
OTHER_GENESIS = "Its first block is not that of the pool's other providers: it is never used."


def _is_new(one: Provider) -> bool:
    return not one.known.is_verified and one.breaker.is_closed and not one.known.banned


def _share(key: str, one: Provider) -> float:
    """The same provider for the same caller, also from another gateway; each gets callers by its weight and score."""
    drawn = int.from_bytes(hashlib.blake2b(f"{key}\0{one.name}".encode(), digest_size=8).digest()) / 2**64
    return -one.settings.weight / math.log(max(drawn, 1e-12)) if drawn < 1 else math.inf
