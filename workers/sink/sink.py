"""The sink as a whole: a receiver for each buffered dataset, begun and ended as datasets come and go."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from uuid import UUID

import structlog

from apps.platform.config import Config
from apps.platform.errors import ServiceError
from apps.platform.heartbeat import Heartbeat
from apps.platform.ports.queue import Queue
from apps.platform.tables import queue_name
from workers.platform_worker.receiver import Receiver
from workers.sink.plane import SinkPlane

log = structlog.get_logger("trace.sink")

# How soon the batches of a dataset that is new are heard of.
LOOK_SECONDS = 2.0
# Of a stop: for the batch that is being written.
LAST_BATCH_SECONDS = 30.0


@dataclass(frozen=True)
class _Running:
    receiver: Receiver
    stop: threading.Event
    thread: threading.Thread


class Sink(Heartbeat):
    def __init__(self, config: Config, queue: Queue, plane: SinkPlane) -> None:
        super().__init__()
        self._config, self._queue, self._plane = config, queue, plane
        self._running: dict[UUID, _Running] = {}

    def check(self) -> None:
        super().check()
        for running in list(self._running.values()):
            running.receiver.heartbeat.check()

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self.beat()
            try:
                self._keep(set(self._plane.buffers()))
            except ServiceError as error:
                log.warning("buffers_unknown", error=str(error))
            stop.wait(LOOK_SECONDS)
        self.rest()
        self._keep(set())

    def _keep(self, wanted: set[UUID]) -> None:
        gone = [self._running.pop(dataset_id) for dataset_id in self._running.keys() - wanted]
        for running in gone:
            running.stop.set()
        for dataset_id in wanted - self._running.keys():
            self._running[dataset_id] = self._begin(dataset_id)
        for running in gone:
            running.thread.join(LAST_BATCH_SECONDS)

    def _begin(self, dataset_id: UUID) -> _Running:
        # With the first dataset: Arrow is 60 MB, and most installations of one machine have none.
        from workers.sink.handling import BatchHandler  # noqa: PLC0415
        from workers.sink.writing import Writer  # noqa: PLC0415

        writer, stop = Writer(self._config.data_dsn), threading.Event()
        handler = BatchHandler(self._plane, writer)
        receiver = Receiver(self._queue, queue_name(dataset_id), handler, handler)

        def work() -> None:
            receiver.run(stop)
            writer.close()

        thread = threading.Thread(target=work, name=f"sink-{dataset_id}", daemon=True)
        thread.start()
        return _Running(receiver, stop, thread)
