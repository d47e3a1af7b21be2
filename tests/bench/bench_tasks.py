"""Tasks through the whole path: created, outbox, queue, claimed over HTTP, run in a child process, completed, routed."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from statistics import median

from psycopg.conninfo import make_conninfo

from tests.bench.percentiles import p50, p95
from tests.bench.report import Report
from tests.bench.stage import Stage
from tests.bench.tasks_bare import bare_cycle
from tests.bench.tasks_ours import FAN, Ours
from tests.bench.tasks_procrastinate import procrastinate_beside
from tests.journeys.stack import StackProcess

TASKS, ROUNDS, CHAINS = 1_000, 5, 8
PEER = "procrastinate 3.10, 2 processes × 2, same server"
BARE = "bare SQL of the same states, batches of 100"
# Of Airflow 3 and of Dagster on such a machine, measured once: they take minutes to start.
AIRFLOW_PER_SECOND, DAGSTER_PER_SECOND = 2.7, 17.0


def run(report: Report, stage: Stage) -> None:
    ours = Ours(stage.stack)
    try:
        ours.deploy()
        _throughput(report, stage, ours)
        _latency(report, ours)
    finally:
        ours.close()


def _throughput(report: Report, stage: Stage, ours: Ours) -> None:
    owner = superuser(stage.stack)
    with tempfile.TemporaryDirectory() as folder, procrastinate_beside(owner, Path(folder)) as theirs:
        ours.fan(TASKS)
        # In turn, so that both meet the same moments of the machine.
        rounds = [(ours.fan(TASKS), theirs.fan(TASKS), bare_cycle(owner, TASKS)) for _ in range(ROUNDS)]
    for fan, _, _ in rounds:
        seen = (fan.claimed, fan.in_a_child, fan.ended, fan.routed)
        assert seen == (TASKS,) * 4, f"{FAN}: claimed, in a child, ended, routed: {seen}"
    rate = median(TASKS / fan.seconds for fan, _, _ in rounds)
    peer = median(TASKS / seconds for _, seconds, _ in rounds)
    report.add("tasks.throughput", rate, "tasks/s", baseline=(PEER, peer))
    report.add("tasks.throughput_to_peer", rate / peer, "×", aim=("≥", 1.5))
    report.add("tasks.throughput_to_airflow", rate / AIRFLOW_PER_SECOND, "×", aim=("≥", 200))
    report.add("tasks.throughput_to_dagster", rate / DAGSTER_PER_SECOND, "×", aim=("≥", 40))
    report.add("tasks.bare", median(TASKS / seconds for _, _, seconds in rounds), "tasks/s")
    report.tables["rounds of 1,000 tasks"] = [
        {
            "ours s": round(fan.seconds, 3),
            "procrastinate s": round(peer_s, 3),
            "bare s": round(bare, 3),
            "children": fan.processes,
        }
        for fan, peer_s, bare in rounds
    ]


def superuser(stack: StackProcess, *, database: str = "postgres") -> str:
    """Who may make a database beside ours on the same server, and write what no role of ours may."""
    password = json.loads((stack.data_dir / "secrets.json").read_text())["postgres"]
    return make_conninfo(stack.facts["dsn"]["state"], user="postgres", password=password, dbname=database)


def _latency(report: Report, ours: Ours) -> None:
    ours.chain()
    hops = [hop for _ in range(CHAINS) for hop in ours.chain()]
    report.add("tasks.hop_p50", p50(hops), "ms", aim=("≤", 15))
    report.add("tasks.hop_p95", p95(hops), "ms", aim=("≤", 40))
