"""Where the head of a chain is asked for. The gateway is the only way to a chain, and speaks for its pools."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from django.conf import settings

from apps.chains import gateway
from apps.platform.errors import Transient


class Head(Protocol):
    @property
    def number(self) -> int: ...

    @property
    def hash(self) -> str: ...

    @property
    def seen_at(self) -> datetime:
        """When a provider was heard to say so, not when it was asked for."""
        ...

    @property
    def finalized(self) -> int | None: ...


class HeadSource(Protocol):
    """The newest head that a pool knows; raises a ServiceError where it knows none, or cannot be asked."""

    def head(self, pool: str) -> Head: ...


class GatewayHeads:
    """A `HeadSource`: what the gateway has heard of its providers."""

    def head(self, pool: str) -> Head:
        found = gateway.head(pool, settings.CONFIG)
        if found is None:
            raise Transient(f"no provider of the pool {pool} has told a head yet")
        return found
