"""A thread that publishes what a transaction puts as soon as it commits; any number of them may run.

Beat starts the same work now and then: what nobody listened for waits no longer than that.
"""

from __future__ import annotations

import math
import threading
import time

import psycopg
import structlog
from django.db import Error, connection

from apps.outbox import selectors, services
from apps.outbox.wake import CHANNEL
from apps.platform import metrics
from apps.platform.config import Config

# How soon it notices that it shall end.
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 1.0
log = structlog.get_logger("trace.outbox")


class Publisher(threading.Thread):
    def __init__(self, config: Config) -> None:
        super().__init__(name="publisher", daemon=True)
        self._config = config
        self._unwanted = threading.Event()

    def run(self) -> None:
        while not self._unwanted.is_set():
            try:
                self._listen()
            except (psycopg.Error, Error) as error:
                log.warning("publisher_lost_database", error=str(error))
                self._unwanted.wait(_AGAIN_SECONDS)
            finally:
                connection.close()

    def stop(self) -> None:
        """After the batch under way: what it claimed would wait for its claim to run out."""
        self._unwanted.set()
        self.join()

    def _listen(self) -> None:
        with psycopg.connect(
            self._config.state_dsn, autocommit=True, connect_timeout=5, application_name="trace-publisher"
        ) as heard:
            heard.execute(f"LISTEN {CHANNEL}")
            # What was put while nobody listened.
            self._drain()
            again_at = _due_at()
            while not self._unwanted.is_set():
                has_news = any(heard.notifies(timeout=_seconds_until(again_at), stop_after=1))
                is_due = time.monotonic() >= again_at
                if has_news or is_due:
                    is_well = self._drain()
                    if is_due or not is_well:
                        again_at = _due_at()

    def _drain(self) -> bool:
        with metrics.LOOP_SECONDS.labels("outbox.publish").time():
            return services.drain(self._config)


def _due_at() -> float:
    """When what failed is to be tried again."""
    due = selectors.seconds_until_due()
    return math.inf if due is None else time.monotonic() + max(due, 0.05)


def _seconds_until(moment: float) -> float:
    return min(max(moment - time.monotonic(), 0.0), _LOOK_SECONDS)
