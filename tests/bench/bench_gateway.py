"""What a call through the RPC gateway costs beside the same call straight to the node, on connections that stay open.

Sequentially it is the time that it adds to a call, by the quietest round of each: a neighbour that is busy only ever makes both slower,
and a call that passes through one more process is made wait once more. All rounds together are p50 and p95. With 16 callers at once, who ask as fast as they are answered, it is the time
that a call adds to all of them together: how long each waits then says how many calls one core serves. The time of a processor that
the gateway itself needs is measured beside it: beside busy neighbours that alone can be compared with another run.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from tests.bench.percentiles import p50, p95
from tests.bench.report import Report
from tests.bench.stage import Stage, temporary_directory
from tests.bench.usage import Group
from tests.fixtures.chain import Node
from tests.workers.rpc_gateway.running import calls, gateway_of, pool, provider

ROUNDS, CALLS, CALLERS = 20, 30, 16
TRANSFERS = 50
BARE = "the same call straight to the node"
AIM_MS = 2.0
# As it is run by `make up`: the gateway of the tests looks at its providers far more often.
USUAL_LIMITS, USUAL_PACE = {"light_seconds": 3.0}, {"poll_seconds": 2.0, "verify_seconds": 15.0, "pools_seconds": 3.0}


@dataclass(frozen=True)
class Way:
    """Where a call goes."""

    port: int
    path: str
    headers: Mapping[str, str]

    def times(self, body: bytes, count: int) -> list[float]:
        connection, taken = HTTPConnection("127.0.0.1", self.port), []
        for _ in range(count):
            started = time.perf_counter()
            connection.request("POST", self.path, body, dict(self.headers))
            answer = connection.getresponse()
            said = answer.read()
            taken.append(time.perf_counter() - started)
            assert answer.status == 200, said[:200]
        connection.close()
        return taken

    def together(self, body: bytes, count: int) -> float:
        """Seconds per call, of all callers."""
        callers = [threading.Thread(target=self.times, args=(body, count)) for _ in range(CALLERS)]
        started = time.perf_counter()
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        return (time.perf_counter() - started) / (CALLERS * count)


def run(report: Report, stage: Stage) -> None:
    node = Node()
    node.start()
    try:
        node.mine(5, transfers=TRANSFERS)
        # Above what is final: none of this comes from the cache.
        with temporary_directory() as directory, gateway_of(directory, limits=USUAL_LIMITS, pace=USUAL_PACE) as gateway:
            gateway.serve(pool(provider("node", node.url)))
            headers = {"Content-Type": "application/json", "Authorization": f"Bearer {gateway.plane.ticket()}"}
            bare, ours = Way(urlsplit(node.url).port or 0, "/", headers), Way(gateway.port, "/rpc", headers)
            assert gateway.process
            cpu = Group(gateway.process.pid)
            for name, body in _questions(hex(node.head)).items():
                _measure(report, name, json.dumps(body).encode(), bare, ours)
                _measure_cpu(report, name, json.dumps(body).encode(), ours, cpu)
    finally:
        node.stop()


def _questions(head: str) -> dict[str, Any]:
    block, receipts = ("eth_getBlockByNumber", [head, True]), ("eth_getBlockReceipts", [head])
    return {"head": calls(("eth_blockNumber", []))[0], "block": calls(block)[0], "block and receipts": calls(block, receipts)}


def _measure(report: Report, name: str, body: bytes, bare: Way, ours: Way) -> None:
    one = _alternating(bare, ours, lambda way: way.times(body, CALLS))
    many = _alternating(bare, ours, lambda way: [way.together(body, CALLS // 2)])
    least, own = (min(p50(times) for times in rounds) * 1000 for rounds in one)
    report.add(f"gateway.{name}.added", own - least, "ms", baseline=(BARE, least), aim=("≤", AIM_MS))
    every, all_own = ([time for times in rounds for time in times] for rounds in one)
    report.add(f"gateway.{name}.p50", p50(all_own) * 1000, "ms", baseline=(BARE, p50(every) * 1000))
    report.add(f"gateway.{name}.p95", p95(all_own) * 1000, "ms", baseline=(BARE, p95(every) * 1000))
    least, own = (min(times[0] for times in rounds) * 1000 for rounds in many)
    report.add(f"gateway.{name}.added at {CALLERS}", own - least, "ms", baseline=(BARE, least), aim=("≤", AIM_MS))


def _measure_cpu(report: Report, name: str, body: bytes, ours: Way, cpu: Group) -> None:
    before = cpu.cpu_seconds()
    ours.times(body, CALLS * ROUNDS)
    report.add(f"gateway.{name}.cpu", (cpu.cpu_seconds() - before) / (CALLS * ROUNDS) * 1000, "ms")


def _alternating(bare: Way, ours: Way, measure: Callable[[Way], list[float]]) -> tuple[list[list[float]], list[list[float]]]:
    """In turn, so that what else the machine does falls on both."""
    rounds = [(measure(bare), measure(ours)) for _ in range(ROUNDS)]
    return [one for one, _ in rounds], [one for _, one in rounds]
