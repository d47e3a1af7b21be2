"""Who may call which pool. A ticket is checked once, and remembered until it ends or the keys change."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from apps.platform import tokens
from apps.platform.contracts.rpc import TICKET_AUDIENCE, Ticket
from workers.rpc_gateway.refusals import Refusal

ISSUER = "trace"
_MOST = 10_000
_LONGEST = 4_096
REGISTERED = frozenset({"iss", "aud", "sub", "iat", "exp", "nbf", "jti"})


@dataclass(frozen=True)
class Held:
    """`subject`: `task:<id>` or `process:<name>`."""

    ticket: Ticket
    subject: str
    expires: float


class Tickets:
    def __init__(self) -> None:
        self._keys: dict[str, Any] = {"keys": []}
        self._known: OrderedDict[str, Held] = OrderedDict()

    @property
    def keys(self) -> dict[str, Any]:
        """By which a ticket of anything is checked."""
        return self._keys

    def use_keys(self, keys: dict[str, Any]) -> None:
        if keys != self._keys:
            self._keys = keys
            self._known.clear()

    def check(self, token: str) -> Held:
        """Raises Refusal; its message never holds the ticket."""
        if not token:
            raise Refusal(
                401, "ticket_missing", "Send the ticket of a pool as `Authorization: Bearer`, or after /rpc/ in the path."
            )
        now = time.time()
        if (known := self._known.get(token)) and known.expires + tokens.LEEWAY.total_seconds() > now:
            return known
        held = self._verified(token)
        self._known[token] = held
        if len(self._known) > _MOST:
            self._known.popitem(last=False)
        return held

    def _verified(self, token: str) -> Held:
        if len(token) > _LONGEST:
            raise Refusal(401, "token_refused", "The token is longer than any of ours. Open the pool anew.")
        try:
            claims = tokens.verify(token, self._keys, issuer=ISSUER, audience=TICKET_AUDIENCE, now=datetime.now(UTC))
            ticket = Ticket.model_validate({name: value for name, value in claims.items() if name not in REGISTERED})
        except tokens.TokenRefused as refused:
            raise Refusal(401, refused.code, f"{refused.message} Open the pool anew.") from None
        except ValidationError:
            raise Refusal(401, "token_refused", "The token does not say what a ticket says. Open the pool anew.") from None
        return Held(ticket, claims["sub"], float(claims["exp"]))
