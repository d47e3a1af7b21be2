"""Who may call which pool. A ticket is checked once, and remembered until it ends or the keys change."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from apps.platform import tokens
from apps.platform.contracts.rpc import TICKET_AUDIENCE, Ticket
from workers.rpc_gateway.refusals import Refusal

_ISSUER = "trace"
_MOST = 10_000
_LONGEST = 4_096
_REGISTERED = frozenset({"iss", "aud", "sub", "iat", "exp", "nbf", "jti"})
M = TypeVar("M", bound=BaseModel)


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
        ticket, claims = verified(token, self._keys, Ticket, audience=TICKET_AUDIENCE, of="pool")
        return Held(ticket, claims["sub"], float(claims["exp"]))


def verified(token: str, keys: dict[str, Any], model: type[M], *, audience: str, of: str) -> tuple[M, dict[str, Any]]:
    """The ticket of a pool or of a feed, and its claims. Raises Refusal; its message never holds the ticket."""
    try:
        claims = tokens.verify(token, keys, issuer=_ISSUER, audience=audience, now=datetime.now(UTC))
        return model.model_validate({name: value for name, value in claims.items() if name not in _REGISTERED}), claims
    except tokens.TokenRefused as refused:
        raise Refusal(401, refused.code, f"{refused.message} Open the {of} anew.") from None
    except ValidationError:
        raise Refusal(401, "token_refused", f"The token does not say what a ticket of a {of} says. Open the {of} anew.") from None
