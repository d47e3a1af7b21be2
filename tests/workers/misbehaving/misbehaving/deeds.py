"""The deeds, one function each, named by a job's config."""

from __future__ import annotations

import contextlib
import ctypes
import json
import logging
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from misbehaving import MisbehaveConfig
from operators.sdk.task import Event, Range, TaskContext
from operators.sdk.words import Reason

Task = TaskContext[MisbehaveConfig]


class Misbehave:
    def run(self, task: Task) -> None:
        globals()[task.config.how](task, **task.config.given)


def tell_pid(task: Task) -> None:
    task.log.info("pid", pid=os.getpid())


def tell_environment(task: Task) -> None:
    for name in os.environ:
        task.log.info(name)
    task.log.info("secret", value=os.environ.get("API_KEY"))


def touch_null(task: Task) -> None:
    task.log.info("about to")
    ctypes.string_at(0)


def take_memory(task: Task, megabytes: int) -> None:
    block = bytearray(megabytes * 1024 * 1024)
    task.log.info("taken", length=len(block))


def kill_itself(task: Task) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave_at_once(task: Task, code: int) -> None:
    os._exit(code)


def exit_politely(task: Task) -> None:
    sys.exit(3)


def raise_error(task: Task, message: str) -> None:
    raise RuntimeError(f"{message} \ud800")


def hang(task: Task) -> None:
    """Looks at nothing and bears what can be borne."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    task.log.info("hanging", pid=os.getpid())
    while True:
        time.sleep(60)


def wait_to_be_cancelled(task: Task) -> None:
    task.log.info("waiting", pid=os.getpid())
    while not task.cancelled:
        task.wait(60)
    task.log.info("noticed")


def raise_when_cancelled(task: Task) -> None:
    task.log.info("waiting", pid=os.getpid())
    while not task.cancelled:
        task.wait(60)
    raise RuntimeError("stopped in the middle")


def leave_a_daemon(task: Task, after: str) -> None:
    """In a session of its own, with an environment of its own."""
    command = f"import os, time; os.setsid(); print(os.getpid(), flush=True); time.sleep(600)  # {task.attempt}"
    started = subprocess.Popen([sys.executable, "-c", command], env={}, stdout=subprocess.PIPE)
    assert started.stdout
    task.log.info("daemon", pid=int(started.stdout.readline()))
    if after == "crash":
        os.abort()


def leave_a_thread(task: Task) -> None:
    threading.Thread(target=time.sleep, args=[600], daemon=True).start()


def print_garbage(task: Task) -> None:
    print("from print")
    sys.stdout.flush()
    os.write(1, bytes(range(256)) + b"\n")
    os.write(2, b"\xff\xfe without an end of line")
    logging.getLogger("library").warning("from logging")
    os.write(1, (2**31 - 1).to_bytes(4, "big") * 1000)


def say_much(task: Task, lines: int) -> None:
    for number in range(lines):
        task.log.info("line", number=number)


def emit_many(task: Task, events: int) -> None:
    for number in range(events):
        task.emit(Event(0, cursor=number))


def emit_to_nowhere(task: Task) -> None:
    task.emit(Event(5))


def take_back(task: Task) -> None:
    """What arrived as an invalidation is told of as one event; what did not is taken back, and said again."""
    for arrived in task.arrived:
        if arrived.invalidation:
            task.emit(Event(0, data={"because": arrived.invalidation}))
        elif arrived.event.range:
            task.invalidate(0, arrived.event.range, Reason.REORG)
            task.emit(Event(0, range=arrived.event.range))
        else:
            task.invalidate(0, str(arrived.event.partition_key), Reason.CORRECTION)


def take_back_badly(task: Task, what: str) -> None:
    scopes: dict[str, tuple[int, Range | str, Any]] = {
        "backwards": (0, Range(2, 1), Reason.REORG),
        "too great": (0, Range(0, 2**63), Reason.REORG),
        "no key": (0, "a\nb", Reason.REORG),
        "another output": (5, Range(1, 2), Reason.REORG),
        "a person's reason": (0, Range(1, 2), Reason.MANUAL),
        "no reason": (0, Range(1, 2), "because"),
    }
    task.invalidate(*scopes[what])


def _bottomless() -> list[Any]:
    inner: list[Any] = []
    for _ in range(5_000):
        inner = [inner]
    return inner


def measure_much(task: Task, metrics: int) -> None:
    for number in range(metrics):
        task.metric(f"m{number}", number)


def emit_badly(task: Task, what: str) -> None:
    events = {
        "negative": Event(0, cursor=-1),
        "too great": Event(0, cursor=2**63),
        "backwards": Event(0, range=Range(2, 1)),
        "both": Event(0, cursor=1, range=Range(1, 2)),
        "no key": Event(0, partition_key="a\nb"),
        "too long": Event(0, data={"a": "x" * 70_000}),
        "data with a NUL": Event(0, data={"a": ["b\0"]}),
        "data with half a character": Event(0, data={"a": "\ud800"}),
        "data that is infinite": Event(0, data={"a": float("inf")}),
        "data that is no JSON": Event(0, data={"a": {1, 2}}),
        "key with half a character": Event(0, partition_key="\udfff"),
    }
    states = {"state with a NUL": {"a\0": 1}, "state that is no number": [float("nan")], "state without an end": _bottomless()}
    metrics = {
        "metric": ("share", float("nan")),
        "metric with a NUL": ("a\0b", 1.0),
        "metric with half a character": ("\ud800", 1.0),
    }
    if what in events:
        task.emit(events[what])
    elif what in states:
        task.state.set(states[what])
    elif what in metrics:
        task.metric(*metrics[what])
    elif what == "metric without bounds":
        task.metric("a", 10**400)
    elif what == "too many metrics":
        for number in range(200):
            task.metric(f"m{number}", number)
    else:
        task.progress(-1)


def flush_and_wait(task: Task, until: str) -> None:
    count = int(task.state.get() or 0) + 1
    task.emit(Event(0, cursor=count))
    task.state.set(count)
    task.flush()
    task.log.info("flushed")
    while not Path(until).exists() and not task.cancelled:
        task.wait(0.05)


def die_between_files(task: Task) -> None:
    """The first attempt, when one file is whole and the next is begun; the second writes all of it."""
    import pyarrow as pa

    with task.store.partition(0, range=Range(0, 299_999), key="n", most_file_bytes=1) as partition:
        for start in range(0, 300_000, 150_000):
            partition.write(pa.table({"n": pa.array(range(start, start + 150_000), pa.int64())}))
        if task.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)


def write_a_key(task: Task) -> None:
    import pyarrow as pa

    with task.store.partition(0, partition_key="täg/1") as partition:
        partition.write(pa.table({"a": [1]}))


def be_everything(task: Task, **given: Any) -> None:
    task.metric("rows", 42)
    task.progress(1, 2, "half")
    task.log.warning("careful", **given)
    for arrived in task.arrived:
        task.emit(arrived.event)


def scribble(task: Task) -> None:
    """Over the connection to its worker."""
    _say_to_the_worker(b"\xff" * 100)


def forge_an_end(task: Task, body: str, ending: str = "Completed") -> None:
    """As the process itself would tell it, but for what it tells."""
    end = {
        "done": vars(task)["_serial"],
        "ending": ending,
        "body": body.replace("HALF", "\ud800"),
        "stopped": False,
        "spoilt": False,
    }
    said = json.dumps(end | {"seconds": 0.1}).encode()
    _say_to_the_worker(len(said).to_bytes(4, "big") + said)


def _say_to_the_worker(data: bytes) -> None:
    for descriptor in range(3, 20):
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                os.write(descriptor, data)
    time.sleep(60)
