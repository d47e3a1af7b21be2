"""The effect of the outbox kind `probe`: a message on the queue that platform workers listen to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from django.conf import settings

from apps.outbox.domain import Claimed
from apps.platform import wiring
from apps.platform.contracts import PROBE_QUEUE
from apps.platform.ports.queue import Queue


@cache
def _queue() -> Queue:
    """One per process: it holds connections."""
    return wiring.queue(settings.CONFIG)


def publish_probes(messages: Sequence[Claimed]) -> None:
    _queue().publish(PROBE_QUEUE, [message.payload for message in messages])
