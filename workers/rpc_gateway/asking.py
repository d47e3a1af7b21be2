"""Who is asked, and who next: the ways in which a call may be answered."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from apps.platform import metrics
from workers.rpc_gateway.envelopes import Answer, Call
from workers.rpc_gateway.failures import Kind, ProviderFailed
from workers.rpc_gateway.limits import Limits
from workers.rpc_gateway.methods import LIGHT
from workers.rpc_gateway.pool import Pool
from workers.rpc_gateway.provider import Provider, heaviest
from workers.rpc_gateway.refusals import Refusal

MOST_TRIES = 6
TRIES_EACH = 3
_BACK_OFF = 0.1
# While another provider is well, one whose turn does not come is not waited for.
_SHORT_PATIENCE = 1.0
_MOST_HEDGED_CALLS = 20
# Of all that could be hedged: a pool that is slow as a whole must not be asked twice as much for it.
_HEDGED_SHARE, _HEDGED_FREE = 0.1, 10
_LACKS = re.compile(
    r"method .*(not found|not supported|not available|does not exist|unknown|disabled)|unsupported method|unknown method",
    re.IGNORECASE,
)
_PRUNED = re.compile(r"missing trie node|pruned|historical state|state .*(not available|unavailable)|archive", re.IGNORECASE)


@dataclass(frozen=True)
class Answered:
    provider: str
    answers: list[Answer]


class Asker:
    """For one request: `key` is who asks."""

    def __init__(self, pool: Pool, calls: Sequence[Call], *, key: str, limits: Limits) -> None:
        self._pool, self._calls, self._key, self._limits = pool, calls, key, limits
        self._until = time.monotonic() + limits.call_seconds
        self._tries: Counter[str] = Counter()
        self._failures: dict[str, ProviderFailed] = {}

    # The ways

    async def sticky(self) -> Answered:
        await self._pool.wait_for_providers(seconds=self._limits.light_seconds)
        return await self._one_after_another(self._pool.sticky(self._key, self._calls), sticks=True)

    async def named(self, name: str) -> Answered:
        """That one alone: what another one says is not what was asked for."""
        provider = self._pool.named(name)
        if provider is None:
            raise Refusal(
                404, "unknown_provider", f"The pool {self._pool.name} has no provider of that name; GET /providers lists them."
            )
        await self._pool.wait_for_providers(seconds=self._limits.light_seconds)
        if not provider.is_usable:
            now = time.monotonic()
            why = provider.problem(self._pool.head, now)
            raise Refusal(
                503, "provider_unwell", f"{name} is not asked now: {why}", retry_after=max(1.0, provider.breaker.wait(now))
            )
        return await self._one_after_another(provider, only=provider)

    async def any(self) -> Answered:
        await self._pool.wait_for_providers(seconds=self._limits.light_seconds)
        every = self._pool.ranked(self._calls)
        # Where nobody has it, one of them says so in its own words.
        ranked = [one for one in every if not one.lacks({call.method for call in self._calls})] or every
        if len(ranked) < 2 or not self._may_be_hedged():
            return await self._one_after_another(ranked[0] if ranked else None)
        return await self._hedged(ranked[0], ranked[1])

    async def quorum(self, count: int) -> Answered:
        """The first answer that so many give. Asks more providers only when those asked first did not agree."""
        pool = self._pool
        if count > len(pool.providers):
            raise Refusal(
                400,
                "bad_request",
                f"A quorum of {count} is more than the {len(pool.providers)} providers of the pool {pool.name}.",
            )
        await pool.wait_for_providers(seconds=self._limits.light_seconds)
        waiting = pool.ranked(self._calls)
        said: dict[str, Answered] = {}
        votes: Counter[str] = Counter()
        while waiting and (missing := count - max(votes.values(), default=0)) > 0:
            asked, waiting = waiting[:missing], waiting[missing:]
            for provider, answered in zip(asked, await asyncio.gather(*map(self._vote, asked)), strict=True):
                if answered:
                    said[provider.name] = answered
                    votes[_digest(answered.answers)] += 1
        for answered in said.values():
            if votes[_digest(answered.answers)] >= count:
                return answered
        raise self._quorum_missed(count, said)

    async def _vote(self, provider: Provider) -> Answered | None:
        try:
            return await Asker(self._pool, self._calls, key=self._key, limits=self._limits).named(provider.name)
        except Refusal as refusal:
            failed = ProviderFailed(Kind.STATUS, refusal.message)
            self._failures[provider.name] = failed
            return None

    def _quorum_missed(self, count: int, said: dict[str, Answered]) -> Refusal:
        detail: dict[str, object] = {
            "said": [{"provider": name, "hash": _digest(answered.answers)} for name, answered in said.items()],
            "failed": [{"provider": name, "why": failed.words} for name, failed in self._failures.items()],
            "wanted": count,
        }
        return Refusal(
            409, "quorum_missed", f"No {count} providers of the pool {self._pool.name} agree on the answer.", detail=detail
        )

    # One after another

    async def _one_after_another(
        self, first: Provider | None, *, only: Provider | None = None, sticks: bool = False, fallback: Answered | None = None
    ) -> Answered:
        """`fallback`: what is answered where nobody has more."""
        provider = first
        while provider is not None:
            try:
                answered = await self._try(provider, is_last=only is not None or not self._pool.has_other(provider))
            except ProviderFailed as failed:
                self._tries[provider.name] += 1
                self._failures[provider.name] = failed
                following = await self._after(provider, failed, only)
            else:
                if only or not self._is_lacking(provider, answered):
                    if sticks:
                        self._pool.stick(self._key, self._calls, provider)
                    return answered
                fallback = fallback or answered
                self._tries[provider.name] += TRIES_EACH
                following = next((one for one in self._others(provider) if not self._tries[one.name]), None)
            provider = following
        if fallback:
            return fallback
        raise self._gave_up(only)

    async def _try(self, provider: Provider, *, is_last: bool) -> Answered:
        left = self._until - time.monotonic()
        patience = left if is_last else min(_SHORT_PATIENCE, left)
        rest = provider.rest(time.monotonic())
        if rest > patience:
            raise ProviderFailed(
                Kind.LIMITED if provider.resting_until > time.monotonic() else Kind.BUSY,
                "it takes no more calls just now",
                retry_after=rest,
            )
        if (rest := provider.resting_until - time.monotonic()) > 0:
            await asyncio.sleep(rest)
        return Answered(provider.name, await self._ask(provider, patience))

    async def _ask(self, provider: Provider, patience: float) -> list[Answer]:
        return await provider.ask(self._calls, patience=patience, until=self._until)

    def _others(self, provider: Provider) -> list[Provider]:
        return [one for one in self._pool.ranked(self._calls, avoid={provider.name}) if self._tries[one.name] < TRIES_EACH]

    async def _after(self, provider: Provider, failed: ProviderFailed, only: Provider | None) -> Provider | None:
        """Who is asked next: the same one where it may have been an accident, else another; after a while, if all failed."""
        tries = self._tries[provider.name]
        if sum(self._tries.values()) >= MOST_TRIES or time.monotonic() >= self._until or failed.kind is Kind.TOO_LARGE:
            return None
        others = [] if only else self._others(provider)
        if failed.is_passing and tries == 1 and provider.is_usable:
            await asyncio.sleep(_BACK_OFF * random.uniform(0.5, 1.0))  # noqa: S311
            return provider
        if others:
            following = min(others, key=lambda one: self._tries[one.name])
        elif tries < TRIES_EACH and provider.is_usable and failed.kind is not Kind.WRONG_ANSWER:
            following = provider
        else:
            return None
        if self._tries[following.name] and not failed.is_limit:
            pause = _BACK_OFF * 2 ** self._tries[following.name] * random.uniform(0.8, 1.2)  # noqa: S311
            if time.monotonic() + pause >= self._until:
                return None
            await asyncio.sleep(pause)
        return following

    def _is_lacking(self, provider: Provider, answered: Answered) -> bool:
        """It has not got the method, or the state: another may."""
        found = False
        for call, answer in zip(self._calls, answered.answers, strict=True):
            if answer.is_error and (answer.code == -32601 or _LACKS.search(answer.message)):
                provider.has_not(call.method)
                found = True
            elif answer.is_error and _PRUNED.search(answer.message):
                found = True
        return found

    def _gave_up(self, only: Provider | None) -> Refusal:
        pool, failures = self._pool, self._failures
        if not failures:
            return no_provider(pool)
        told = "; ".join(f"{name}: {failed.words}" for name, failed in failures.items())
        detail = {"providers": {name: failed.words for name, failed in failures.items()}}
        after = max(1.0, min((failed.retry_after for failed in failures.values() if failed.retry_after), default=1.0))
        kinds = {failed.kind for failed in failures.values()}
        if kinds <= {Kind.LIMITED, Kind.BUSY}:
            return Refusal(
                429, "rate_limited", f"The pool {pool.name} is asked too often: {told}.", detail=detail, retry_after=after
            )
        if kinds == {Kind.TOO_LARGE}:
            return Refusal(502, "answer_too_large", f"The pool {pool.name} answered too much: {told}.", detail=detail)
        if kinds == {Kind.TIMED_OUT}:
            return Refusal(
                504, "providers_timed_out", f"The pool {pool.name} does not answer: {told}.", detail=detail, retry_after=after
            )
        return Refusal(
            502, "providers_failed", f"The pool {pool.name} could not answer: {told}.", detail=detail, retry_after=after
        )

    # Two at once

    def _may_be_hedged(self) -> bool:
        return len(self._calls) <= _MOST_HEDGED_CALLS and all(call.family in LIGHT for call in self._calls)

    async def _hedged(self, first: Provider, second: Provider) -> Answered:
        """The second is asked as well when the first takes longer than it nearly always does; who answers first counts."""
        pool = self._pool
        pool.hedgeable += 1
        asking = {asyncio.create_task(self._try(first, is_last=False)): first}
        try:
            await asyncio.wait(asking, timeout=pool.slow_after(first, heaviest(self._calls)))
            is_slow = not next(iter(asking)).done()
            if is_slow and pool.hedged <= _HEDGED_FREE + pool.hedgeable * _HEDGED_SHARE:
                pool.hedged += 1
                metrics.RPC_HEDGES.labels(pool.name).inc()
                asking[asyncio.create_task(self._try(second, is_last=False))] = second
            return await self._first_of(asking)
        finally:
            for task in asking:
                task.add_done_callback(_heard)
                task.cancel()

    async def _first_of(self, asking: dict[asyncio.Task[Answered], Provider]) -> Answered:
        waiting, fallback = set(asking), None
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                try:
                    answered = task.result()
                except ProviderFailed as failed:
                    self._tries[asking[task].name] += 1
                    self._failures[asking[task].name] = failed
                else:
                    if not self._is_lacking(asking[task], answered):
                        return answered
                    self._tries[asking[task].name] += TRIES_EACH
                    fallback = fallback or answered
        remaining = [one for one in self._pool.ranked(self._calls) if self._tries[one.name] < TRIES_EACH]
        return await self._one_after_another(
            min(remaining, key=lambda one: self._tries[one.name], default=None), fallback=fallback
        )


def _heard(task: asyncio.Task[Answered]) -> None:
    """What nobody waits for any more may have failed: that is no news."""
    if not task.cancelled():
        task.exception()


def no_provider(pool: Pool) -> Refusal:
    now, best = time.monotonic(), pool.head
    told = "; ".join(f"{one.name}: {one.problem(best, now) or 'is away'}" for one in pool.providers) or "it has none"
    waits = [one.breaker.wait(now) for one in pool.providers if not one.known.banned]
    return Refusal(
        503,
        "no_provider",
        f"No provider of the pool {pool.name} can be asked now. {told}",
        retry_after=max(1.0, min(waits, default=5.0)),
    )


def _digest(answers: Sequence[Answer]) -> str:
    """The same for answers that mean the same. Nodes word their errors differently: there the code counts."""
    meant = [{"error": answer.code} if answer.is_error else {"result": answer.value} for answer in answers]
    return hashlib.sha256(json.dumps(meant, sort_keys=True, separators=(",", ":")).encode()).hexdigest()[:16]
