"""Messages between a worker and its children, however the bytes arrive."""

from __future__ import annotations

import pytest

from workers.child.frames import LONGEST, Inbox, NotAFrame, pack

MESSAGES: list[dict[str, object]] = [{"a": 1}, {"text": "ä\n" * 100}, {}]


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_messages_come_whole_in_whatever_pieces(size: int) -> None:
    stream = b"".join(pack(message) for message in MESSAGES)
    inbox = Inbox()

    assert [message for at in range(0, len(stream), size) for message in inbox.feed(stream[at : at + size])] == MESSAGES


@pytest.mark.parametrize(
    "nonsense", [b"\xff" * 100, (LONGEST + 1).to_bytes(4, "big"), b"\x00\x00\x00\x02[]", b"\x00\x00\x00\x01{"]
)
def test_what_was_said_before_nonsense_counts(nonsense: bytes) -> None:
    inbox = Inbox()

    assert inbox.feed(pack({"done": 1}) + nonsense) == [{"done": 1}]
    with pytest.raises(NotAFrame):
        inbox.check()
