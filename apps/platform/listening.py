"""How a connection that listens notices that the other end is gone."""

from __future__ import annotations

from psycopg.conninfo import make_conninfo

# It never sends anything, so nothing else would tell: a server that was replaced without a word says no word either.
_IDLE_SECONDS, _AGAIN_SECONDS, _TIMES = 10, 5, 3


def kept_alive(dsn: str) -> str:
    """The same place, where the kernel asks now and then whether anybody is there: lost within half a minute, not in hours."""
    return make_conninfo(
        dsn,
        keepalives=1,
        keepalives_idle=_IDLE_SECONDS,
        keepalives_interval=_AGAIN_SECONDS,
        keepalives_count=_TIMES,
        tcp_user_timeout=(_IDLE_SECONDS + _TIMES * _AGAIN_SECONDS) * 1000,
    )
