"""A sink that is worked by hand: its parts as they are, over the internal plane's own code."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

import httpx
from django.conf import settings
from django.test import Client

from apps.platform import wiring
from apps.platform.contracts import WORKER_TOKEN_HEADER
from apps.platform.contracts.buffers import BatchClaimed
from apps.platform.ports.queue import Message
from apps.platform.tables import queue_name
from apps.tables.models import Batch
from tests.apps.dispatch.makers import publish
from workers.platform_worker.receiver import Done
from workers.sink.handling import BatchHandler
from workers.sink.plane import SinkPlane
from workers.sink.writing import Writer

# What the tests opened; closed at the end of each.
OPEN = ExitStack()


def plane() -> SinkPlane:
    made = OPEN.enter_context(SinkPlane(replace(settings.CONFIG, internal_url="http://127.0.0.1"), worker_id="sink@tests"))
    # In this thread and its transaction.
    made._http.close()
    made._http = httpx.Client(
        transport=httpx.MockTransport(_answered), base_url="http://127.0.0.1",
        headers={WORKER_TOKEN_HEADER: settings.CONFIG.worker_tokens[0], "Content-Type": "application/json"},
    )  # fmt: skip
    return made


def _answered(request: httpx.Request) -> httpx.Response:
    headers = {WORKER_TOKEN_HEADER: request.headers.get(WORKER_TOKEN_HEADER, "")}
    answer = Client().generic(request.method, request.url.path, request.content, "application/json", headers=headers)
    return httpx.Response(answer.status_code, content=answer.content)


def writer_of_rows() -> Writer:
    writer = Writer(settings.CONFIG.data_dsn)
    OPEN.callback(writer.close)
    return writer


def handler() -> BatchHandler:
    return BatchHandler(plane(), writer_of_rows())


def message(batch: Batch) -> Message:
    return Message(queue_name(batch.dataset_id), "id", "receipt", {"batch_id": str(batch.pk)}, 1)


def sink(batch: Batch) -> Done:
    """One delivery of its message; then what the outbox has of it."""
    done = handler().handle([message(batch)])
    publish()
    batch.refresh_from_db()
    return done


def claimed(batch: Batch) -> BatchClaimed:
    found = plane().claim_batch(batch.pk)
    assert isinstance(found, BatchClaimed), found
    return found


def told(batch: Batch) -> list[Message]:
    """What its queue holds."""
    queue = wiring.queue(settings.CONFIG)
    return queue.receive(queue_name(batch.dataset_id), limit=10, visibility=timedelta(seconds=30))
