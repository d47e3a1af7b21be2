"""Who asks a pool, how much, and what became of it: in the status, and as a line of the log once a minute."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import structlog

from apps.platform.contracts.rpc import Caller, Ticket

log = structlog.get_logger("trace.rpc_gateway")

_MOST = 500
_SHOWN = 100
_MOST_SUMS = 5_000
_Who = tuple[UUID | None, str, str]


@dataclass
class _Sum:
    requests: int = 0
    errors: int = 0
    seconds: float = 0.0


class Callers:
    """Of one pool."""

    def __init__(self, pool: str) -> None:
        self._pool = pool
        self._callers: OrderedDict[_Who, tuple[int, int, datetime]] = OrderedDict()
        self._minute: dict[tuple[_Who, str], _Sum] = {}

    def count(self, ticket: Ticket, provider: str, *, calls: int, is_error: bool, seconds: float) -> None:
        who = (ticket.org_id, ticket.dag, ticket.job)
        requests, errors, _ = self._callers.get(who, (0, 0, None))
        self._callers[who] = (requests + calls, errors + is_error, datetime.now(UTC))
        self._callers.move_to_end(who)
        if len(self._callers) > _MOST:
            self._callers.popitem(last=False)
        if len(self._minute) >= _MOST_SUMS:
            self.tell()
        one = self._minute.setdefault((who, provider), _Sum())
        one.requests += calls
        one.errors += is_error
        one.seconds += seconds

    def tell(self) -> None:
        minute, self._minute = self._minute, {}
        for ((org_id, dag, job), provider), one in minute.items():
            log.info(
                "rpc_calls", pool=self._pool, provider=provider, org_id=str(org_id or ""), dag=dag, job=job, calls=one.requests,
                errors=one.errors, seconds=round(one.seconds, 3),
            )  # fmt: skip

    def newest(self) -> list[Caller]:
        return [
            Caller(org_id=org_id, dag=dag, job=job, requests=requests, errors=errors, last_at=last_at)
            for (org_id, dag, job), (requests, errors, last_at) in list(reversed(self._callers.items()))[:_SHOWN]
        ]
