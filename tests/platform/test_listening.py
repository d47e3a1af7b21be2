"""A connection that listens asks now and then whether anybody is there."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import psycopg

from apps.platform.listening import kept_alive

ROOT = Path(__file__).resolve().parents[2]


def test_the_kernel_asks_for_it_and_gives_up_within_half_a_minute() -> None:
    with (
        psycopg.connect(kept_alive(os.environ["TRACE_QUEUE_DSN"])) as connection,
        socket.socket(fileno=os.dup(connection.fileno())) as asked,
    ):
        options = [
            asked.getsockopt(socket.IPPROTO_TCP, option)
            for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        ]

        assert asked.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) and options == [10, 5, 3, 25_000]


def test_whoever_listens_does_so_on_such_a_connection() -> None:
    listening = [path for path in (ROOT / "apps").rglob("*.py") if 'execute(f"LISTEN ' in path.read_text()]

    assert len(listening) == 3
    assert all("connect(kept_alive(" in "".join(path.read_text().split()) for path in listening)
