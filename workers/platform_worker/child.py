"""A child process as its worker sees it: started clean, spoken to over a socket, its output read from a pipe."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from apps.platform import metrics
from workers.child.frames import PERMIT, Inbox, Message, pack
from workers.platform_worker.attempt import Attempt, Pair
from workers.platform_worker.environment import child_environment
from workers.platform_worker.orphans import Orphans

# As the kernel takes it: 30 seconds, 0 microseconds.
_SEND_TIMEOUT = struct.pack("ll", 30, 0)
_CHUNK = 262_144


class Said(NamedTuple):
    messages: list[Message]
    output: bytes
    is_over: bool


class Child:
    """`home` is its directory, and goes when it goes."""

    def __init__(self, pair: Pair, home: str, orphans: Orphans, secrets: Mapping[str, str]) -> None:
        self.pair = pair
        self.tasks = 0
        self.is_over = False
        self.serves_one = bool(secrets)
        self._orphans = orphans
        self._inbox = Inbox()
        self._sending = threading.Lock()
        self._home = home
        self._socket, theirs = socket.socketpair()
        self._output, write_end = os.pipe()
        self._permits, self._permit = os.pipe()
        os.set_blocking(self._permits, False)
        try:
            self._process = orphans.start(lambda: self._launch(theirs, write_end, secrets))
        finally:
            theirs.close()
            os.close(write_end)
        os.set_blocking(self._output, False)
        # Not `settimeout`: with it a read that must not wait would wait as well.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _SEND_TIMEOUT)
        # Not the end of the stream tells of its death: what it forked may hold the other end open.
        self._death = os.pidfd_open(self._process.pid)
        self._poll = select.poll()
        for descriptor in (self._socket.fileno(), self._output, self._death):
            self._poll.register(descriptor, select.POLLIN)
        metrics.WORKER_CHILD_STARTS.labels(pair.operator).inc()

    def _launch(self, theirs: socket.socket, write_end: int, secrets: Mapping[str, str]) -> subprocess.Popen[bytes]:
        given = [str(theirs.fileno()), str(self._permits), str(os.getpid()), self.pair.operator, str(self.pair.memory_mb)]
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "workers.child", *given],
            stdin=subprocess.DEVNULL, stdout=write_end, stderr=write_end, pass_fds=[theirs.fileno(), self._permits],
            start_new_session=True, cwd=self._home, env=child_environment(self._home, secrets),
        )  # fmt: skip

    @property
    def is_alive(self) -> bool:
        # Not `Popen.poll`: it would free the id, which our signals still go to.
        return not select.select([self._death], [], [], 0)[0]

    def run(self, attempts: Sequence[Attempt]) -> None:
        """Several in one write. Raises OSError when it is gone."""
        body = f'{{"run":[{",".join(attempt.order() for attempt in attempts)}]}}'.encode()
        # First, because it reads no order without one: what the socket does not hold would never be sent.
        os.write(self._permit, b"".join(PERMIT.pack(attempt.serial) for attempt in attempts))
        self._send(len(body).to_bytes(4, "big") + body)
        self.tasks += len(attempts)

    def take_back(self) -> set[int]:
        """The serials of what has not begun; it never will."""
        try:
            taken = os.read(self._permits, 65_536)
        except BlockingIOError:
            return set()
        return {serial for (serial,) in PERMIT.iter_unpack(taken)}

    def tell(self, message: Message) -> None:
        """It may be gone: then its end says more."""
        with contextlib.suppress(OSError):
            self._send(pack(message))

    def read(self, seconds: float) -> Said:
        """What it said, waiting for the first of it. Raises NotAFrame when it speaks no sense."""
        self._inbox.check()
        ready = {descriptor for descriptor, _ in self._poll.poll(seconds * 1000)}
        messages = self._messages() if self._socket.fileno() in ready else []
        output = self._printed() if self._output in ready else b""
        if self._death not in ready:
            return Said(messages, output, is_over=False)
        while more := self._messages():
            messages += more
        while more_output := self._printed():
            output += more_output
        return Said(messages, output, is_over=True)

    def _messages(self) -> list[Message]:
        try:
            data = self._socket.recv(_CHUNK, socket.MSG_DONTWAIT)
        except (BlockingIOError, ConnectionError):
            return []
        if not data:
            # It closed its end and may live on: from here on only its death is news.
            with contextlib.suppress(KeyError):
                self._poll.unregister(self._socket.fileno())
            return []
        messages = self._inbox.feed(data)
        # Part of a message is not the end of what it said.
        return messages or self._messages()

    def _printed(self) -> bytes:
        try:
            data = os.read(self._output, _CHUNK)
        except BlockingIOError:
            return b""
        if not data:
            with contextlib.suppress(KeyError):
                self._poll.unregister(self._output)
        return data

    def ask_to_end(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGTERM)

    def end(self, reason: str) -> int:
        """Kill it and all it started, and let go of what belonged to it. Returns its exit code, negative for a signal."""
        self.is_over = True
        code = self._orphans.bury(self._process)
        self._socket.close()
        for descriptor in (self._output, self._death, self._permits, self._permit):
            os.close(descriptor)
        shutil.rmtree(self._home, ignore_errors=True)
        metrics.WORKER_CHILD_ENDS.labels(reason).inc()
        return code

    def _send(self, data: bytes) -> None:
        with self._sending:
            # A closed socket is an OSError as well.
            self._socket.sendall(data)
