"""The `TaskContext` of a real task."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any

from operators.sdk import storable
from operators.sdk.config import Config
from operators.sdk.declaration import Declaration
from operators.sdk.errors import InputError
from operators.sdk.feeds import FeedAnswer, FeedRequest
from operators.sdk.inputs import InputPartition
from operators.sdk.reading import KeptPartition
from operators.sdk.rpc import Rpc
from operators.sdk.storing import slot_of
from operators.sdk.tables import Replacement
from operators.sdk.task import Arrived, Event, Range
from operators.sdk.wire import arrived_of, event_text, fired_of, invalidation_text, printable
from operators.sdk.words import Keeping, Reason
from workers.child.batches import batches_of
from workers.child.feeds import fetched, secret_of
from workers.child.frames import Message
from workers.child.hot import HotTables, OpenHot
from workers.child.inputs import inputs_of
from workers.child.lines import WireLog
from workers.child.rpc import Pools
from workers.child.store import slots_of, store_of
from workers.child.tables import DirectTable, Tables
from workers.child.wire import Wire

# Of one report. The contract allows more events; these keep its body far from the limit.
MOST_EVENTS, MOST_BYTES = 5_000, 1024 * 1024
# The contract allows 200; the rest is for what the platform says of every attempt.
MOST_METRICS = 190
PROGRESS_SECONDS = 0.2


class TaskState:
    def __init__(self, read: Message) -> None:
        self.revision: int = read["revision"]
        self._text = json.dumps(read["value"])
        self.is_changed = False

    def get(self) -> Any:
        return json.loads(self._text)

    def set(self, value: Any) -> None:
        self._text = storable.as_json(value, what="The state")
        self.is_changed = True

    def as_written(self) -> str:
        return f'{{"revision":{self.revision},"value":{self._text}}}'


class Context:
    """Built for one task and dropped with it."""

    def __init__(self, wire: Wire, order: Message, declared: Declaration, log: WireLog) -> None:
        self.attempt: int = order["attempt"]
        self.config: Config = declared.config.model_validate(order["config"])
        self.arrived: Sequence[Arrived] = [arrived_of(one) for one in order["arrived"]]
        self.fired = fired_of(order["fired"])
        self.state = TaskState(order["state"])
        self.resets_outputs: bool = order["resets_outputs"]
        self.inputs = inputs_of(wire, order)
        self._kept = slots_of(order, declared)
        self.store = store_of(wire, order, self._kept)
        self.buffer = batches_of(wire, self._kept)
        self._tables = Tables(wire, order, self._kept)
        self.tables_read = HotTables(wire)
        self._pools = Pools(wire)
        self.log = log
        self.saw_cancel = False
        # Pins, in the order in which they were found to be of something wrong.
        self.disputed: list[str] = []
        self.metrics: dict[str, float] = {}
        self._wire, self._serial = wire, order["serial"]
        self._slots = {slot["output"]: (slot["dataset_uuid"], slot["dataset_version"]) for slot in order["outputs"]}
        self._events: list[str] = []
        self._reports = 0
        self._next_progress = 0.0

    @property
    def cancelled(self) -> bool:
        self.saw_cancel = self._wire.is_canceled(self._serial)
        return self.saw_cancel

    def keeping(self, output: int) -> Keeping:
        return slot_of(self._kept, output).keeping

    def table(self, output: int) -> DirectTable:
        return self._tables.of(output)

    def replace(self, changes: Sequence[Replacement]) -> None:
        self._tables.replace(changes)

    def hot(self, dataset: str) -> OpenHot:
        return self.tables_read.of(dataset)

    def rpc(self, pool: str) -> Rpc:
        return self._pools.of(pool)

    def fetch(self, request: FeedRequest) -> FeedAnswer:
        return fetched(self._wire, request)

    def secret(self, name: str) -> str:
        return secret_of(name)

    def emit(self, event: Event) -> None:
        self._events.append(event_text(event, self._slots))

    def invalidate(self, output: int, scope: Range | str, reason: Reason) -> None:
        self._events.append(invalidation_text(output, scope, reason, self._slots))

    def dispute(self, partition: InputPartition) -> None:
        if not isinstance(partition, KeptPartition):
            raise InputError("A task disputes partitions of its inputs; this is none.")
        if (pin := partition.pinned.pin) not in self.disputed:
            self.disputed.append(pin)

    def metric(self, name: str, value: float) -> None:
        name = storable.name(name, what="The metric")[:100]
        if len(self.metrics) >= MOST_METRICS and name not in self.metrics:
            raise InputError(f"A task has at most {MOST_METRICS} metrics; use fewer names.")
        self.metrics[name] = storable.number(value, what=f"The metric {name}")

    def progress(self, done: int, total: int | None = None, note: str = "") -> None:
        if not (0 <= done < 2**63 and (total is None or 0 <= total < 2**63)):
            raise InputError(f"Progress counts from 0; {done} of {total} is none.")
        if time.monotonic() >= self._next_progress or done == total:
            self._next_progress = time.monotonic() + PROGRESS_SECONDS
            self._wire.send({"progress": {"done": int(done), "total": total and int(total), "note": printable(note)[:200]}})

    def wait(self, seconds: float) -> None:
        self._wire.wait(seconds, self._serial)

    def flush(self) -> None:
        self.buffer.send()
        while self._events or self.state.is_changed:
            self._report(self._take(), with_state=len(self._events) == 0)

    def close(self) -> None:
        """Whatever became of the task: the next one is given its own."""
        self._tables.close()
        self._pools.close()
        self.tables_read.close()

    def last_events(self) -> str:
        """What is reported with the task's end, after all that would be too much at once was reported before it."""
        self.buffer.send()
        last = self._take()
        while self._events:
            self._report(last, with_state=False)
            last = self._take()
        return _listed(last)

    def _take(self) -> list[str]:
        size = count = 0
        for text in self._events[:MOST_EVENTS]:
            size += len(text)
            if count and size > MOST_BYTES:
                break
            count += 1
        taken, self._events = self._events[:count], self._events[count:]
        return taken

    def _report(self, events: list[str], *, with_state: bool) -> None:
        state = f',"state":{self.state.as_written()}' if with_state and self.state.is_changed else ""
        self._reports += 1
        answer = self._wire.ask({"events": f'"sequence":{self._reports},"events":{_listed(events)}{state}'})
        if "refused" in answer:
            raise InputError(f"The platform did not take the events: {answer['refused']}")
        if state:
            self.state.revision = answer["state_revision"]
            self.state.is_changed = False


def _listed(events: list[str]) -> str:
    return f"[{','.join(events)}]"
