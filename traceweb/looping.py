"""Celery's word of each run of a loop, for the health page. What cannot be told is not told: the work comes first."""

from __future__ import annotations

import time
from typing import Any

from celery import signals, states
from redis import Redis, RedisError

from apps.platform.broker import asked_once
from apps.platform.config import Config
from apps.platform.loops import LoopRun, tell_run
from traceweb.schedule import SCHEDULE

# A loop that a commit wakes may run a hundred times a second; a failure is told at once.
_SECONDS_BETWEEN = 1.0
EVERY_SECONDS = {str(entry["task"]): entry["schedule"].total_seconds() for entry in SCHEDULE.values()}  # type: ignore[attr-defined]


class Teller:
    """Of one process, which runs one task at a time."""

    def __init__(self, config: Config) -> None:
        self._url = config.broker_url
        self._began = 0.0
        self._told: dict[str, float] = {}
        self._broker: Redis | None = None

    def connect(self) -> None:
        signals.task_prerun.connect(self.on_begin)
        signals.task_postrun.connect(self.on_end)

    def on_begin(self, **_: Any) -> None:
        self._began = time.monotonic()

    def on_end(self, sender: Any, state: str, **_: Any) -> None:
        now, is_well = time.monotonic(), state == states.SUCCESS
        if sender.name not in EVERY_SECONDS or (
            is_well and now - self._told.get(sender.name, -_SECONDS_BETWEEN) < _SECONDS_BETWEEN
        ):
            return
        self._told[sender.name] = now
        # Not before the fork: a connection belongs to one process.
        self._broker = self._broker or asked_once(self._url, seconds=1)
        try:
            tell_run(self._broker, sender.name, LoopRun(time.time(), now - self._began, is_well), EVERY_SECONDS)
        except RedisError:
            self._told.pop(sender.name)
