"""What a receiver does with messages when the plane or the queue is away, and at a stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from apps.platform.errors import Permanent, Transient
from apps.platform.ports.queue import ZERO, Message
from workers.platform_worker import receiver as module
from workers.platform_worker.probes import ProbeHandler
from workers.platform_worker.receiver import Receiver


class QueueInMemory:
    """Hands out what it is given and remembers what became of each. A conformance suite looks at the real ones."""

    def __init__(self, stop: threading.Event, *payloads: object) -> None:
        self._left = [Message("probe", str(n), f"r{n}", payload, 1) for n, payload in enumerate(payloads)]  # type: ignore[arg-type]
        self._stop = stop
        self.acknowledged: list[str] = []
        self.handed_back: list[str] = []
        self.receives = 0
        self.fault: Exception | None = None

    def receive(self, queue: str, *, limit: int, visibility: timedelta, wait: timedelta) -> list[Message]:
        self.receives += 1
        if self.fault:
            fault, self.fault = self.fault, None
            raise fault
        taken, self._left = self._left[:limit], self._left[limit:]
        if not taken:
            self._stop.set()
        return taken

    def ack(self, messages: Sequence[Message]) -> None:
        self.acknowledged += [message.id for message in messages]

    def extend(self, message: Message, *, visibility: timedelta) -> bool:
        assert visibility == ZERO
        self.handed_back.append(message.id)
        return True


class Plane:
    def __init__(self, answer: Callable[[str], None] = lambda _probe: None) -> None:
        self.report_probe = answer
        self.looks = 0
        self.away_for = 0

    def answers(self) -> bool:
        self.looks += 1
        return self.looks > self.away_for


@pytest.fixture
def stop() -> threading.Event:
    return threading.Event()


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)


def run(queue: QueueInMemory, plane: Plane, stop: threading.Event) -> None:
    Receiver(queue, "probe", ProbeHandler(plane.report_probe, stop.is_set), plane).run(stop)  # type: ignore[arg-type]


def probes(*names: str) -> list[object]:
    return [{"probe_id": name} for name in names]


def test_what_was_reported_is_acknowledged(stop: threading.Event) -> None:
    queue = QueueInMemory(stop, *probes("a", "b"))
    run(queue, Plane(), stop)

    assert (queue.acknowledged, queue.handed_back) == (["0", "1"], [])


@pytest.mark.parametrize("payload", ["no object", {}, {"probe_id": "refused"}])
def test_what_never_can_be_handled_is_dropped_and_the_rest_goes_on(stop: threading.Event, payload: object) -> None:
    def refuse(probe: str) -> None:
        if probe == "refused":
            raise Permanent("no such probe")

    queue = QueueInMemory(stop, payload, *probes("b"))
    run(queue, Plane(refuse), stop)

    assert queue.acknowledged == ["0", "1"]


def test_a_plane_that_goes_away_costs_one_delivery_and_no_message(stop: threading.Event) -> None:
    def away(probe: str) -> None:
        if probe == "b":
            raise Transient("no connection")

    queue, plane = QueueInMemory(stop, *probes("a", "b", "c")), Plane(away)
    run(queue, plane, stop)

    assert (queue.acknowledged, queue.handed_back) == (["0"], ["1", "2"])
    assert plane.looks == 2, "it is asked before anything is received again"


def test_nothing_is_received_while_the_plane_is_away(stop: threading.Event) -> None:
    queue, plane = QueueInMemory(stop, *probes("a")), Plane()
    plane.away_for = 5
    run(queue, plane, stop)

    assert (plane.looks, queue.acknowledged) == (6, ["0"])


def test_a_queue_that_is_away_is_asked_again(stop: threading.Event) -> None:
    queue = QueueInMemory(stop, *probes("a"))
    queue.fault = Transient("no connection")
    run(queue, Plane(), stop)

    assert queue.acknowledged == ["0"]


def test_a_stop_hands_back_what_was_not_begun(stop: threading.Event) -> None:
    def then_stop(probe: str) -> None:
        stop.set()

    queue = QueueInMemory(stop, *probes("a", "b", "c"))
    run(queue, Plane(then_stop), stop)

    assert (queue.acknowledged, queue.handed_back) == (["0"], ["1", "2"])
