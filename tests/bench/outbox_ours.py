"""The outbox as the product uses it. Its models can be imported only once Django is set up."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.db import connection, transaction

from apps.outbox import services
from apps.outbox.domain import Claimed, register
from apps.platform import wiring
from apps.platform.json import Json

KIND = "bench"


class Ours:
    def __init__(self) -> None:
        wiring.prepare_queue(settings.CONFIG)
        self._queue = wiring.queue(settings.CONFIG)
        register(KIND, self._send)

    def empty(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE outbox_message")

    def put(self, payloads: Sequence[Json]) -> None:
        with transaction.atomic():
            services.put_many([services.Outgoing(KIND, payload) for payload in payloads])

    def publish(self) -> int:
        """One batch; how many it held."""
        published = services.publish_batch(settings.CONFIG)
        assert not published.failed, published.failed[0]
        return len(published)

    def _send(self, messages: Sequence[Claimed]) -> None:
        self._queue.publish(KIND, [message.payload for message in messages])
