"""From the moment at which a block is there to the one at which its rows can be read: the follower of a whole stack, through the gateway.

In the same run, on the same node: a loop that only listens, asks and copies. Both are looked at from outside, every two milliseconds.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any

import psycopg
from psycopg import sql

from apps.platform.tables import table_name
from tests.bench.percentiles import p50, p95
from tests.bench.report import Report
from tests.bench.stage import Stage, running_stack, temporary_directory
from tests.bench.tip_bare import TABLES
from tests.bench.usage import Group
from tests.fixtures.chain import Node
from tests.journeys.chains import HOT, Chains, follower
from tests.journeys.stack import ROOT
from tests.waiting import eventually

SECONDS_PER_BLOCK, LOOK_SECONDS = 0.4, 0.002
BLOCKS = {50: 150, 250: 75}
# Of the long run: more than 200, as the busiest chains have.
LONG_SENT = 210
BARE = "bare websocket + COPY loop in the same run"
# Beyond the bare loop, for keys, continuity, reorgs and everybody who listens.
MORE_MS = 30.0
Look = Callable[[], int | None]


def run(report: Report, stage: Stage) -> None:
    with _following() as (chains, node):
        for sent, blocks in BLOCKS.items():
            _measure(report, f"tip.{sent}", _beside_bare(chains, node, sent=sent, blocks=blocks))
        wrong = chains.differences(node, prefix="tip_")
        assert not wrong, wrong[:5]


def run_long(report: Report, stage: Stage, *, minutes: int) -> None:
    """Blocks for so long: whether the last ones come as soon as the first, and the memory stays what it was."""
    with _following() as (chains, node):
        group = Group(chains.facts["pids"]["process_host"])
        before = group.pss_mb()
        seen = _beside_bare(chains, node, sent=LONG_SENT, blocks=round(minutes * 60 / SECONDS_PER_BLOCK))
        after = group.pss_mb()
        _measure(report, f"tip.{minutes}min", seen)
        ours = [seen["ours"][number] * 1000 for number in sorted(seen["ours"])]
        part = round(60 / SECONDS_PER_BLOCK)
        report.add(f"tip.{minutes}min.last minute.p50", p50(ours[-part:]), "ms", baseline=("the first minute", p50(ours[:part])))
        report.add(f"tip.{minutes}min.memory", after, "MB PSS", baseline=("before the first block", before))
        assert chains.rows("tip_hot_blocks", "count(*) AS n, max(block_number) AS head") == [
            {"n": node.head + 1, "head": node.head}
        ]


@contextmanager
def _following() -> Iterator[tuple[Chains, Node]]:
    """A stack of its own: the demo's chain would be in the way."""
    with temporary_directory() as directory, running_stack(directory, TRACE_DEMO_BLOCK_MS="3600000") as stack, chain() as node:
        chains = Chains(stack)
        node.mine(1, tokens=1)
        chains.add_pool("bench", {"node": node.url}, chain_id=node.chain_id)
        chains.deploy(follower("tip", chain_id=node.chain_id, pool="bench", prefix="tip_"), name="tip")
        eventually(lambda: chains.is_at(node, prefix="tip_"), seconds=60)
        yield chains, node


def _beside_bare(chains: Chains, node: Node, *, sent: int, blocks: int) -> dict[str, dict[int, float]]:
    with ExitStack() as exits:
        bare_dsn = _bare_tables(chains.facts["dsn"]["data"])
        exits.enter_context(_bare(node.url, bare_dsn))
        looks = {"ours": exits.enter_context(_ours_now(chains)), "bare": exits.enter_context(_bare_now(bare_dsn))}
        return _followed(node, looks, sent=sent, blocks=blocks)


def _measure(report: Report, name: str, seen: dict[str, dict[int, float]]) -> None:
    ours, bare = ([seen[whose][number] * 1000 for number in sorted(seen[whose])] for whose in ("ours", "bare"))
    report.add(f"{name}.p50", p50(ours), "ms", baseline=(BARE, p50(bare)))
    report.add(f"{name}.p95", p95(ours), "ms", baseline=(BARE, p95(bare)), aim=("≤", p95(bare) + MORE_MS))
    report.add(f"{name}.max", max(ours), "ms", baseline=(BARE, max(bare)))


@contextmanager
def chain() -> Iterator[Node]:
    node = Node()
    node.start()
    try:
        yield node
    finally:
        node.stop()


def _followed(node: Node, looks: dict[str, Look], *, sent: int, blocks: int) -> dict[str, dict[int, float]]:
    """Seconds from the node's answer that a block is mined until each look shows it, by block."""
    mined: dict[int, float] = {}
    shown: dict[str, dict[int, float]] = {name: {} for name in looks}
    over = threading.Event()
    watchers = [threading.Thread(target=_watch, args=[look, shown[name], over]) for name, look in looks.items()]
    for watcher in watchers:
        watcher.start()
    first = node.head + 1
    at = time.perf_counter()
    for number in range(first, first + blocks):
        # What a block holds waits already, so that to mine it takes as long for few as for many.
        node.ask_all([*node.sends(sent // 2), *node.token_sends(sent - sent // 2)])
        at = max(at + SECONDS_PER_BLOCK, time.perf_counter())
        time.sleep(max(at - time.perf_counter(), 0))
        node.ask("evm_mine")
        mined[number] = time.perf_counter()
    last = first + blocks - 1
    eventually(lambda: all(last in seen for seen in shown.values()), seconds=30)
    over.set()
    for watcher in watchers:
        watcher.join()
    # One may be seen before the node has answered whoever had it mined.
    return {name: {number: max(seen[number] - mined[number], 0.0) for number in mined} for name, seen in shown.items()}


def _watch(look: Look, seen: dict[int, float], over: threading.Event) -> None:
    highest = look() or 0
    while not over.wait(LOOK_SECONDS):
        now = look() or 0
        at = time.perf_counter()
        for number in range(highest + 1, now + 1):
            seen[number] = at
        highest = max(highest, now)


@contextmanager
def _ours_now(chains: Chains) -> Iterator[Look]:
    """The highest block of which all three tables have what they should: they are written in one transaction."""
    names, dataset_id = chains.table(f"tip_{HOT[0]}")
    query = sql.SQL("SELECT max(block_number) AS head FROM {}").format(sql.Identifier(names.schema, table_name(dataset_id)))
    with closing(chains.reading(f"tip_{HOT[0]}")) as connection:
        yield lambda: connection.execute(query).fetchall()[0]["head"]


@contextmanager
def _bare_now(dsn: str) -> Iterator[Look]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield lambda: connection.execute("SELECT max(number) FROM bare_blocks").fetchall()[0][0]


def _bare_tables(dsn: str) -> str:
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table, columns in TABLES.items():
            connection.execute(f"DROP TABLE IF EXISTS {table}")
            connection.execute(f"CREATE TABLE {table} ({columns})")
        connection.execute("CREATE INDEX ON bare_blocks (number)")
    return dsn


@contextmanager
def _bare(url: str, dsn: str) -> Iterator[None]:
    process: subprocess.Popen[Any] = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.tip_bare", url, dsn], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout and process.stdout.readline()
        yield
    finally:
        process.kill()
        process.wait()
