"""How a caller wants to be answered, by the headers of its call."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from apps.platform.contracts.rpc import PROVIDER_HEADER, READS_HEADER
from workers.rpc_gateway.refusals import bad_request


class Way(StrEnum):
    STICKY = "sticky"
    ANY = "any"
    QUORUM = "quorum"
    NAMED = "named"


@dataclass(frozen=True)
class Reads:
    way: Way = Way.STICKY
    quorum: int = 0
    provider: str = ""

    @property
    def may_be_cached(self) -> bool:
        """What one provider says, and whether several agree, is asked of them every time."""
        return self.way in {Way.STICKY, Way.ANY}


_QUORUM = re.compile(r"quorum=([1-9]\d?)")
_STICKY = Reads()


def reads_of(headers: Mapping[str, str]) -> Reads:
    name, said = headers.get(PROVIDER_HEADER, ""), headers.get(READS_HEADER, "").strip().lower()
    if name:
        if said and said != Way.STICKY:
            raise bad_request(f"{PROVIDER_HEADER} asks one provider alone: leave out {READS_HEADER}.")
        return Reads(Way.NAMED, provider=name)
    if said in {"", Way.STICKY}:
        return _STICKY
    if said == Way.ANY:
        return Reads(Way.ANY)
    if found := _QUORUM.fullmatch(said):
        return Reads(Way.QUORUM, int(found[1]))
    raise bad_request(f"{READS_HEADER} is `sticky`, `any` or `quorum=N` with N from 1 to 99.")
