"""When each loop ran last: kept in the broker, without which no loop runs, because it is written too often for a table and is worth
nothing once it is old.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from redis import Redis

_RUNS, _SCHEDULE = "trace:loops:runs", "trace:loops:every-seconds"


@dataclass(frozen=True)
class LoopRun:
    """`at`: when it ended, in seconds since 1970."""

    at: float
    seconds: float
    is_well: bool


def tell_run(broker: Redis, loop: str, run: LoopRun, schedule: Mapping[str, float]) -> None:
    """With how often each loop is to run, so that one that never did is known as well, also to a broker that lost its memory."""
    with broker.pipeline(transaction=False) as pipeline:
        pipeline.hset(_RUNS, loop, json.dumps(asdict(run)))
        pipeline.hset(_SCHEDULE, mapping={name: str(seconds) for name, seconds in schedule.items()})
        pipeline.execute()


def read_runs(broker: Redis) -> dict[str, tuple[float, LoopRun | None]]:
    """By the name of a loop: how often it is to run, in seconds, and how it ran last."""
    runs: dict[bytes, bytes] = _all(broker, _RUNS)
    found = {}
    for name, every in _all(broker, _SCHEDULE).items():
        last = runs.get(name)
        found[name.decode()] = (float(every), LoopRun(**json.loads(last)) if last else None)
    return found


def _all(broker: Redis, key: str) -> dict[bytes, bytes]:
    # To redis' types an answer may be one to wait for.
    found: Any = broker.hgetall(key)
    return dict(found)
