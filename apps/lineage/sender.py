"""A thread of the dispatcher that tells an OpenLineage endpoint what happened. Whatever that takes, nobody else waits for it."""

from __future__ import annotations

import threading
from contextlib import suppress

import structlog
from django.db import Error, connection

from apps.lineage import services
from apps.platform.config import Config

# What another process noted is found by then.
_LOOK_SECONDS = 5.0
log = structlog.get_logger("trace.lineage")
_noted = threading.Event()


def wake() -> None:
    _noted.set()


class Sender(threading.Thread):
    def __init__(self, config: Config) -> None:
        super().__init__(name="openlineage", daemon=True)
        self._config = config
        self._unwanted = threading.Event()

    def run(self) -> None:
        while not self._unwanted.is_set():
            _noted.clear()
            if not self._sent_some():
                _noted.wait(_LOOK_SECONDS)

    def stop(self) -> None:
        self._unwanted.set()
        wake()
        self.join()

    def _sent_some(self) -> bool:
        try:
            sent = services.send_due(self._config, is_wanted=lambda: not self._unwanted.is_set())
        except Exception as error:
            log.warning("openlineage_begins_again", error=repr(error), exc_info=not isinstance(error, Error))
            sent = services.Sent(is_away=True)
        with suppress(Error):
            connection.close()
        return sent.count > 0 and not sent.is_away
