"""One order after the other: load the operator, run it, say how it ended."""

from __future__ import annotations

import array
import fcntl
import json
import os
import resource
import sys
import termios
import threading
import time
from pkgutil import resolve_name
from typing import Any

from operators.sdk.catalogue import find
from operators.sdk.declaration import Declaration
from operators.sdk.task import Operator
from operators.sdk.wire import error_of
from workers.child import limits
from workers.child.context import Context
from workers.child.frames import Message
from workers.child.lines import WireLog
from workers.child.wire import Wire


class Runner:
    """Of one operator. It is loaded by the first order, so that one that cannot be loaded fails the task and says why."""

    def __init__(self, wire: Wire, log: WireLog, *, operator: str, memory_mb: int) -> None:
        self._wire, self._log = wire, log
        self._name, self._memory_mb = operator, memory_mb
        self._loaded: tuple[Declaration, type[Operator[Any]]] | None = None
        self._threads = 0

    def run(self, order: Message) -> None:
        began, cpu_began = time.perf_counter(), time.process_time()
        spoilt = False
        context: Context | None = None
        try:
            context, operator = self._prepare(order)
            operator.run(context)
            context.metrics |= _used(time.process_time() - cpu_began)
            body, ending = _completed(context), "Completed"
        except (Exception, SystemExit) as error:  # noqa: BLE001  whatever it raises is how the attempt ended
            body, ending = json.dumps({"error": error_of(error, memory_mb=self._memory_mb)})[1:-1], "Failed"
            spoilt = isinstance(error, (MemoryError, SystemExit))
        finally:
            if context is not None:
                context.close()
        # Also by an error: in the middle of a partition there is no other way to stop.
        stopped = context is not None and context.saw_cancel
        self._say_what_is_left()
        self._wire.forget(order["serial"])
        self._wire.send(
            {"done": order["serial"], "ending": ending, "body": body, "stopped": stopped,
             "spoilt": spoilt or self._left_something(), "seconds": time.perf_counter() - began}
        )  # fmt: skip

    def _prepare(self, order: Message) -> tuple[Context, Operator[Any]]:
        declared, implementation = self._loaded or self._load()
        return Context(self._wire, order, declared, self._log), implementation()

    def _load(self) -> tuple[Declaration, type[Operator[Any]]]:
        declared = find(self._name)
        if not declared.implementation:
            raise LookupError(f"The operator {self._name} cannot run here yet; this version of it only describes itself.")
        self._loaded = (declared, resolve_name(declared.implementation))
        limits.allow_memory(self._memory_mb)
        self._threads = threading.active_count()
        self._wire.send({"loaded": self._name})
        return self._loaded

    def _left_something(self) -> bool:
        """A thread or process that still runs would act in the next task's name."""
        return limits.has_descendants() or threading.active_count() > max(self._threads, 1)

    def _say_what_is_left(self) -> None:
        """What was printed must be read before the end is told, or it would be taken for the next task's."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):
                continue
        unread = array.array("i", [0])
        for _ in range(1000):
            fcntl.ioctl(1, termios.FIONREAD, unread)
            if not unread[0]:
                break
            time.sleep(0.001)


def _used(cpu_seconds: float) -> dict[str, float]:
    """What the platform says of every attempt, beside what its operator does."""
    most_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"trace.cpu_seconds": round(cpu_seconds, 6), "trace.memory_mb": round(most_kb / 1024, 1), "trace.pid": os.getpid()}


def _completed(context: Context) -> str:
    events = context.last_events()
    state = f',"state":{context.state.as_written()}' if context.state.is_changed else ""
    metrics = f',"metrics":{json.dumps(context.metrics, allow_nan=False)}' if context.metrics else ""
    published = f',"datasets_published":{json.dumps(context.store.published)}' if context.store.published else ""
    read = f',"read":{json.dumps(told)}' if (told := [*context.inputs.read, *context.tables_read.read]) else ""
    disputed = f',"disputed":{json.dumps(context.disputed)}' if context.disputed else ""
    return f'"events":{events}{state}{metrics}{published}{read}{disputed}'
