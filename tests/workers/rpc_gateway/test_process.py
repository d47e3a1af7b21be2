"""The process: what it needs, what it says of itself, and how it ends."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.waiting import eventually
from tests.workers.rpc_gateway import faulty
from tests.workers.rpc_gateway.faulty import FaultyProxy
from tests.workers.rpc_gateway.running import GATEWAY_TOKEN, ROOT, Gateway, Plane, gateway_of, pool, provider
from workers.supervisor.ports import Ports


def started(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings}
    return subprocess.run(
        [sys.executable, "-m", "workers.rpc_gateway"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_its_token_it_refuses_to_start(tmp_path: Path) -> None:
    ended = started(tmp_path)

    assert ended.returncode == 2 and "TRACE_GATEWAY_TOKEN" in ended.stderr


def test_a_port_that_is_taken_is_named(tmp_path: Path, gateway: Gateway) -> None:
    ended = started(tmp_path, TRACE_GATEWAY_TOKEN=GATEWAY_TOKEN, TRACE_RPC_GATEWAY_PORT=str(gateway.port))

    assert ended.returncode == 2 and "TRACE_RPC_GATEWAY_PORT" in ended.stderr and "Traceback" not in ended.stderr


def test_loopback_is_for_laptops(tmp_path: Path) -> None:
    ended = started(tmp_path, TRACE_PROFILE="aws", TRACE_RPC_GATEWAY_LOOPBACK="1", TRACE_PUBLIC_URL="https://trace.example.com")

    assert ended.returncode == 2 and "TRACE_RPC_GATEWAY_LOOPBACK" in ended.stderr


def test_it_is_not_ready_before_it_knows_its_pools(tmp_path: Path) -> None:
    ports, plane = Ports(), Plane(tmp_path)
    plane.status = 503
    port, ops_port = ports.any(), ports.any()
    env = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TRACE_GATEWAY_TOKEN": GATEWAY_TOKEN, "TRACE_RPC_GATEWAY_PORT": str(port),
        "TRACE_OPS_PORT": str(ops_port), "TRACE_INTERNAL_URL": plane.url,
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, "-m", "workers.rpc_gateway"], cwd=tmp_path, env=env)

    def ready() -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{ops_port}/readyz", trust_env=False)

    try:
        eventually(lambda: "the internal plane answered 503" in ready().text, seconds=30)
        assert ready().status_code == 503
        assert httpx.get(f"http://127.0.0.1:{ops_port}/healthz", trust_env=False).status_code == 200
        plane.status = 200
        eventually(lambda: ready().status_code == 200)
        assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).text == "ok\n"
    finally:
        process.terminate()
        assert process.wait(20) == 0
        plane.close()


def test_on_sigterm_calls_that_are_under_way_end_and_new_ones_are_sent_away(tmp_path: Path, proxies: list[FaultyProxy]) -> None:
    with gateway_of(tmp_path) as running:
        running.serve(pool(provider("a", proxies[0].url)))
        proxies[0].breaks(faulty.late(0.7), methods=["eth_getCode"])
        answers: list[int] = []
        caller = threading.Thread(target=lambda: answers.append(running.ask("eth_getCode", f"0x{1:040x}", "latest").status_code))
        caller.start()
        eventually(lambda: proxies[0].asked["eth_getCode"] == 1)
        began = time.monotonic()

        assert running.stop() == 0

        caller.join()
        assert answers == [200]
        assert time.monotonic() - began < 6
        assert "rpc_gateway_stopped" in running.said


def test_a_pool_that_is_taken_away_is_served_no_more_and_one_that_stays_goes_on(
    gateway: Gateway, proxies: list[FaultyProxy]
) -> None:
    first, second = pool(provider("a", proxies[0].url)), pool(provider("b", proxies[1].url), name="other")
    gateway.serve(first, second)
    gateway.ask("eth_chainId")
    requests = gateway.provider("a").requests

    gateway.serve(first)

    assert gateway.ask("eth_chainId", ticket=gateway.plane.ticket("other")).json()["code"] == "unknown_pool"
    assert gateway.provider("a").requests >= requests > 0, "what is known of it is kept"


def test_a_pool_that_was_just_made_is_served_at_its_first_call(tmp_path: Path, proxies: list[FaultyProxy]) -> None:
    with gateway_of(tmp_path, pace={"pools_seconds": 60.0}) as running:
        time.sleep(0.3)  # it has just asked, and does so five times a second at most
        running.plane.tell(pool(provider("a", proxies[0].url)))

        assert running.ask("eth_chainId").json()["result"] == "0x7a69"
        running.plane.status = 503
        answer = running.ask("eth_chainId", ticket=running.plane.ticket("newer"))
        assert answer.status_code in {404, 503}


def test_metrics_tell_of_every_provider_by_family_and_outcome(gateway: Gateway, proxies: list[FaultyProxy]) -> None:
    gateway.serve(pool(provider("metered", proxies[0].url), name="metered"))
    ticket = gateway.plane.ticket("metered")
    gateway.ask("eth_gasPrice", ticket=ticket)
    proxies[0].breaks(faulty.status(500), methods=["eth_getCode"], times=1)
    gateway.ask("eth_getCode", f"0x{1:040x}", "latest", ticket=ticket)

    told = gateway.metrics

    assert 'trace_rpc_requests_total{family="state",outcome="status",pool="metered",provider="metered"} 1.0' in told
    assert 'trace_rpc_requests_total{family="state",outcome="ok",pool="metered",provider="metered"} 1.0' in told
    assert 'trace_rpc_seconds_count{family="state",pool="metered",provider="metered"} 1.0' in told


def test_there_is_a_line_for_each_failure_and_one_a_minute_for_all_calls(tmp_path: Path, proxies: list[FaultyProxy]) -> None:
    with gateway_of(tmp_path, pace={"summary_seconds": 1.0}) as running:
        running.serve(pool(provider("a", proxies[0].url)))
        proxies[0].breaks(faulty.status(500), methods=["eth_getCode"], times=1)
        for _ in range(20):
            running.ask("eth_getCode", f"0x{1:040x}", "latest")

        eventually(lambda: '"rpc_calls"' in running.said)
        running.stop()
        lines = running.said.splitlines()
        assert sum('"rpc_failed"' in line for line in lines) == 1
        assert 1 <= sum('"rpc_calls"' in line for line in lines) <= 4, "and not one for each call"


@pytest.mark.parametrize("token", ["", "x"])
def test_a_plane_that_refuses_the_token_is_told_of(tmp_path: Path, token: str) -> None:
    plane = Plane(tmp_path)
    from tests.workers.rpc_gateway.asking_plane import ask

    assert "TRACE_GATEWAY_TOKEN" in ask(plane.url, token)
    plane.close()
