"""What a worker and its children say to each other: JSON messages, each with its length before it."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from typing import Any

Message = dict[str, Any]
_HEAD = struct.Struct(">I")
# The right to begin one order: its serial.
PERMIT = struct.Struct(">Q")
# What a child says is made by whatever an operator does to it: more than this is nobody's message.
LONGEST = 64 * 1024 * 1024


class NotAFrame(Exception):
    """The other side does not speak this protocol (any more)."""


def pack(message: Message) -> bytes:
    body = json.dumps(message, separators=(",", ":"), allow_nan=False).encode()
    return _HEAD.pack(len(body)) + body


class Inbox:
    """Bytes as they come in, messages as they are whole."""

    def __init__(self) -> None:
        self._left = bytearray()
        self._broken: NotAFrame | None = None

    def feed(self, data: bytes) -> list[Message]:
        """What came before nonsense counts; the nonsense is raised after it, by `check`."""
        self._left += data
        messages = []
        try:
            for message in self._parsed():
                messages.append(message)  # noqa: PERF402  a list made at once would be lost with the error
        except NotAFrame as error:
            self._broken = error
        return messages

    def check(self) -> None:
        if self._broken:
            raise self._broken

    def _parsed(self) -> Iterator[Message]:
        at = 0
        try:
            while len(self._left) - at >= _HEAD.size:
                (length,) = _HEAD.unpack_from(self._left, at)
                if length > LONGEST:
                    raise NotAFrame(f"a message of {length:,} bytes")
                end = at + _HEAD.size + length
                if len(self._left) < end:
                    break
                yield _read(self._left[at + _HEAD.size : end])
                at = end
        finally:
            del self._left[:at]


def _read(body: bytearray) -> Message:
    try:
        message = json.loads(body)
    except ValueError as error:
        raise NotAFrame(str(error)) from error
    if not isinstance(message, dict):
        raise NotAFrame("a message that is no object")
    return message
