"""When each loop ran last: kept in the broker, without which no loop runs, because it is written too often for a table and is worth
nothing once it is old.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from redis import Redis

_RUNS, _SCHEDULE, _SINCE = "trace:loops:runs", "trace:loops:every-seconds", "trace:loops:since"


@dataclass(frozen=True)
class LoopRun:
    """`at`: when it ended, in seconds since 1970."""

    at: float
    seconds: float
    is_well: bool


@dataclass(frozen=True)
class Scheduled:
    """`since`: when it was first told that the loop is to run; None to a broker that heard of it before that was kept."""

    every_seconds: float
    since: float | None
    last: LoopRun | None


def tell_run(broker: Redis, loop: str, run: LoopRun, schedule: Mapping[str, float]) -> None:
    """With how often each loop is to run, and since when, so that one that never did is known as well, also to a broker that lost
    its memory.
    """
    with broker.pipeline(transaction=False) as pipeline:
        pipeline.hset(_RUNS, loop, json.dumps(asdict(run)))
        pipeline.hset(_SCHEDULE, mapping={name: str(seconds) for name, seconds in schedule.items()})
        for name in schedule:
            pipeline.hsetnx(_SINCE, name, str(run.at))
        pipeline.execute()


def read_runs(broker: Redis) -> dict[str, Scheduled]:
    """By the name of a loop."""
    runs, since = _all(broker, _RUNS), _all(broker, _SINCE)
    found = {}
    for name, every in _all(broker, _SCHEDULE).items():
        last, told = runs.get(name), since.get(name)
        found[name.decode()] = Scheduled(
            float(every), float(told) if told else None, LoopRun(**json.loads(last)) if last else None
        )
    return found


def _all(broker: Redis, key: str) -> dict[bytes, bytes]:
    # To redis' types an answer may be one to wait for.
    found: Any = broker.hgetall(key)
    return dict(found)
