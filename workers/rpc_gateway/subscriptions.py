"""What one caller's socket has subscribed to."""

from __future__ import annotations

import json
import secrets
from typing import Any

from aiohttp import WSCloseCode

from workers.rpc_gateway.envelopes import METHOD_REFUSED, Answer, Settled, Subscribing, error_answer
from workers.rpc_gateway.feeds import Feeds
from workers.rpc_gateway.outbox import Outbox
from workers.rpc_gateway.refusals import Refusal

_INVALID_PARAMS = -32602


class _Subscription:
    """A `Subscriber`. What is announced before the caller knows its id waits."""

    def __init__(self, params: str, out: Outbox) -> None:
        self.id, self.params, self._out = f"0x{secrets.token_hex(16)}", params, out
        self._early: list[str] | None = []

    def told(self, said: str) -> None:
        text = f'{{"jsonrpc":"2.0","method":"eth_subscription","params":{{"subscription":"{self.id}","result":{said}}}}}'
        if self._early is None:
            self._out.put(text)
        elif len(self._early) < 100:
            self._early.append(text)

    def announce(self) -> None:
        early, self._early = self._early, None
        for text in early or ():
            self._out.put(text)

    def ended(self, why: str) -> None:
        self._out.end(WSCloseCode.TRY_AGAIN_LATER, why)


class Subscriptions:
    def __init__(self, feeds: Feeds, out: Outbox, most: int) -> None:
        self._feeds, self._out, self._most = feeds, out, most
        self._by_id: dict[str, _Subscription] = {}

    async def settle(self, asked: Subscribing, begun: list[str]) -> Settled:
        """`begun`: ids that may be announced once the answer is on its way."""
        try:
            answer = await (self._begin(asked.params, begun) if asked.method == "eth_subscribe" else self._leave(asked.params))
        except Refusal as refusal:
            answer = error_answer(-32000, refusal.message)
        return Settled(asked.id, answer)

    def announce(self, subscription: str) -> None:
        if found := self._by_id.get(subscription):
            found.announce()

    async def end(self) -> None:
        for one in list(self._by_id.values()):
            await self._feeds.unsubscribe(one.params, one)
        self._by_id.clear()

    async def _begin(self, params: Any, begun: list[str]) -> Answer:
        if not isinstance(params, list) or not params or params[0] not in {"newHeads", "logs"}:
            return error_answer(METHOD_REFUSED, "eth_subscribe takes newHeads, or logs with a filter; nothing else is passed on.")
        if params[0] == "logs" and not (len(params) == 1 or isinstance(params[1], dict)):
            return error_answer(_INVALID_PARAMS, "The filter of logs is an object with address and topics.")
        if len(self._by_id) >= self._most:
            return error_answer(METHOD_REFUSED, f"This socket has {self._most} subscriptions, as many as it may.")
        # Heads are the same for all, whatever stands behind; what is told of logs depends on the filter.
        wanted = params[:1] if params[0] == "newHeads" else [params[0], params[1] if len(params) > 1 else {}]
        made = _Subscription(json.dumps(wanted, separators=(",", ":"), sort_keys=True), self._out)
        await self._feeds.subscribe(made.params, made)
        self._by_id[made.id] = made
        begun.append(made.id)
        return Answer(json.dumps(made.id), made.id)

    async def _leave(self, params: Any) -> Answer:
        found = self._by_id.pop(params[0], None) if isinstance(params, list) and params and isinstance(params[0], str) else None
        if found:
            await self._feeds.unsubscribe(found.params, found)
        return Answer("true" if found else "false", bool(found))
