"""A thread that publishes what a transaction puts as soon as it commits; any number of them may run.

Beat starts the same work now and then: what nobody listened for waits no longer than that.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psycopg
import structlog
from django.db import Error, connection

from apps.outbox import selectors, services
from apps.outbox.wake import CHANNEL, FAILED
from apps.platform import metrics
from apps.platform.config import Config
from apps.platform.listening import kept_alive

# How soon it notices that it shall end.
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 1.0
# What is due and was not to be had is in somebody's hands, who may keep it for long.
_LEAST_SECONDS, _LEAST_AFTER_NOTHING_SECONDS = 0.05, 1.0
log = structlog.get_logger("trace.outbox")


class Publisher(threading.Thread):
    """`died`: is called where something ended the thread that it cannot go on after."""

    def __init__(self, config: Config, *, died: Callable[[], None]) -> None:
        super().__init__(name="publisher", daemon=True)
        self._config = config
        self._died = died
        self._unwanted = threading.Event()

    def run(self) -> None:
        try:
            while self.is_wanted:
                self._listen_until_it_fails()
        except BaseException as error:  # noqa: BLE001  whatever it was, nobody else would notice
            log.critical("publisher_died", error=repr(error))
            self._died()

    def stop(self) -> None:
        """After the batch under way: what it claimed would wait for its claim to run out."""
        self._unwanted.set()
        self.join()

    @property
    def is_wanted(self) -> bool:
        return not self._unwanted.is_set()

    def _listen_until_it_fails(self) -> None:
        try:
            self._listen()
        except Exception as error:
            # A row that it cannot take must not keep it from all others.
            metrics.OUTBOX_PUBLISHER_FAILURES.labels(type(error).__name__).inc()
            is_away = isinstance(error, psycopg.Error | Error)
            log.warning("publisher_begins_again", error=repr(error), exc_info=not is_away)
            self._unwanted.wait(_AGAIN_SECONDS)
        finally:
            with suppress(Error):
                connection.close()

    def _listen(self) -> None:
        with psycopg.connect(
            kept_alive(self._config.state_dsn), autocommit=True, connect_timeout=5, application_name="trace-publisher"
        ) as heard:
            heard.execute(f"LISTEN {CHANNEL}")
            # What was put while nobody listened.
            self._drain()
            again_at = self._due_at()
            while self.is_wanted:
                notices = list(heard.notifies(timeout=_seconds_until(again_at), stop_after=1))
                is_due = time.monotonic() >= again_at
                if notices or is_due:
                    drained = self._drain()
                    # Asked only where the answer may have changed: it would cost every hop a round trip.
                    if is_due or drained.has_failures or any(notice.payload == FAILED for notice in notices):
                        again_at = self._due_at(took_something=drained.turns > 0)

    def _drain(self) -> services.Drained:
        with metrics.LOOP_SECONDS.labels("outbox.publish").time():
            return services.drain(self._config, is_wanted=lambda: self.is_wanted)

    def _due_at(self, *, took_something: bool = True) -> float:
        """When what failed is to be tried again."""
        return time.monotonic() + seconds_to_rest(selectors.seconds_until_due(self._config), took_something=took_something)


def seconds_to_rest(until_due: float | None, *, took_something: bool) -> float:
    """Without news; `took_something`: the last drain did."""
    if until_due is None:
        return math.inf
    return max(until_due, _LEAST_SECONDS if took_something else _LEAST_AFTER_NOTHING_SECONDS)


def _seconds_until(moment: float) -> float:
    return min(max(moment - time.monotonic(), 0.0), _LOOK_SECONDS)
