"""A process whose main loop is stuck is not healthy, however well its server thread answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from apps.platform.clock import ManualClock
from apps.platform.config import Config
from apps.platform.heartbeat import Heartbeat, Stuck
from apps.platform.ops import serve_ops
from workers.supervisor.ports import Ports

MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def heartbeat(clock: ManualClock) -> Heartbeat:
    return Heartbeat(clock=clock, longest_silence=3 * MINUTE)


def test_a_loop_that_has_not_begun_or_rests_is_not_stuck(heartbeat: Heartbeat, clock: ManualClock) -> None:
    clock.advance(10 * MINUTE)
    heartbeat.check()

    heartbeat.beat()
    heartbeat.rest()
    clock.advance(10 * MINUTE)
    heartbeat.check()


def test_a_loop_that_does_not_come_by_is(heartbeat: Heartbeat, clock: ManualClock) -> None:
    heartbeat.beat()
    clock.advance(3 * MINUTE)
    heartbeat.check()

    clock.advance(MINUTE)

    with pytest.raises(Stuck, match="has not come by for 240 s"):
        heartbeat.check()


@contextmanager
def serving(heartbeat: Heartbeat) -> Iterator[str]:
    ports = Ports()
    port = ports.any()
    server = serve_ops(Config.from_env({"TRACE_OPS_PORT": str(port)}), {}, heartbeat)
    assert server
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        server.server_close()


def test_healthz_tells_it_from_one_that_turns(heartbeat: Heartbeat, clock: ManualClock) -> None:
    with serving(heartbeat) as url:
        heartbeat.beat()
        assert (httpx.get(f"{url}/healthz").status_code, httpx.get(f"{url}/healthz").text) == (200, "ok\n")

        clock.advance(4 * MINUTE)

        stuck = httpx.get(f"{url}/healthz")
        assert (stuck.status_code, stuck.text) == (503, "the main loop has not come by for 240 s\n")
