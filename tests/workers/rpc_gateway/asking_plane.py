"""What the gateway hears from an internal plane."""

from __future__ import annotations

from apps.platform.errors import Transient
from tests.loops import ended
from workers.rpc_gateway.plane import PoolsPlane


def ask(url: str, token: str) -> str:
    """The reason why there are no pools; empty where there are."""

    async def once() -> str:
        plane = PoolsPlane(url, token)
        try:
            await plane.ask()
        except Transient as error:
            return str(error)
        finally:
            await plane.close()
        return ""

    return ended(once())
