"""The child's end of the connection. It is read by whoever waits for something: no thread of ours runs beside the operator."""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections import deque

from operators.sdk.errors import ConfigurationError, Retry
from workers.child.frames import PERMIT, Inbox, Message, pack

# How long one thread may miss what another one has read.
_LOOK_SECONDS = 1.0


class LeaseLost(BaseException):
    """Another attempt has taken over. Not an Exception: an operator that catches those must not go on."""


def granted(answer: Message, denied: str) -> Message:
    """The answer to what was asked of the platform. `denied`: what a person reads where it says no, as in "The pool x cannot be opened"."""
    if "away" in answer:
        raise Retry(f"{denied} just now: {answer['away']}")
    if "refused" in answer:
        raise ConfigurationError(f"{denied}: {answer['refused']}")
    return answer


class Wire:
    """Before each order it takes a permit from a pipe that its worker reads too: an order begins here, or is taken back there."""

    def __init__(self, connection: socket.socket, permits: int) -> None:
        self._socket = connection
        self._permits = permits
        self._permitted = select.poll()
        self._permitted.register(permits, select.POLLIN)
        self._inbox = Inbox()
        self._reading = threading.Lock()
        self._sending = threading.Lock()
        self._asking = threading.Lock()
        self._readable = select.poll()
        self._readable.register(connection, select.POLLIN)
        self._orders: deque[Message] = deque()
        self._answers: deque[Message] = deque()
        self._canceled: set[int] = set()

    def send(self, message: Message) -> None:
        data = pack(message)
        with self._sending:
            self._socket.sendall(data)

    def next_order(self) -> Message:
        serial = self._next_permit()
        while True:
            while self._orders:
                # Those before it were taken back.
                if (order := self._orders.popleft())["serial"] == serial:
                    return order
            self._read(None)

    def _next_permit(self) -> int:
        while True:
            self._permitted.poll()
            try:
                return int(PERMIT.unpack(os.read(self._permits, PERMIT.size))[0])
            except BlockingIOError:
                continue  # the worker was quicker

    def ask(self, message: Message) -> Message:
        """One question at a time: what is answered belongs to whoever asked last."""
        with self._asking:
            self.send(message)
            while not self._answers:
                self._read(_LOOK_SECONDS / 20)
            answer = self._answers.popleft()
        if answer.get("lost"):
            raise LeaseLost
        return answer

    def is_canceled(self, serial: int) -> bool:
        self._read(0)
        return serial in self._canceled

    def wait(self, seconds: float, serial: int) -> None:
        until = time.monotonic() + seconds
        while serial not in self._canceled and (left := until - time.monotonic()) > 0:
            self._read(min(left, _LOOK_SECONDS))

    def forget(self, serial: int) -> None:
        self._canceled.discard(serial)

    def _read(self, seconds: float | None) -> None:
        if not self._readable.poll(None if seconds is None else seconds * 1000):
            return
        with self._reading:
            if not self._readable.poll(0):
                return  # another thread has read it
            data = self._socket.recv(262_144)
            if not data:
                os._exit(0)  # the worker is gone, and whatever this was for with it
            for message in self._inbox.feed(data):
                self._sort(message)

    def _sort(self, message: Message) -> None:
        if "run" in message:
            self._orders.extend(message["run"])
        elif "cancel" in message:
            self._canceled.add(message["cancel"])
        else:
            self._answers.append(message)
