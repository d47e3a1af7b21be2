"""What the stack costs while nobody uses it. Without the demo, which is somebody."""

from __future__ import annotations

from collections.abc import Mapping

from tests.bench.report import Report
from tests.bench.stage import Stage, running_stack, servers_alone, temporary_directory
from tests.bench.usage import Group, Usage, measure
from tests.journeys.stack import StackProcess

ALONE = "the servers alone, without a client"


def run(report: Report, stage: Stage) -> None:
    with servers_alone() as servers:
        alone = measure({name: Group(running.pid) for name, running in servers.running.items()})
    with temporary_directory() as data_dir, running_stack(data_dir, TRACE_DEMO="0") as stack:
        whole = measure(_groups_of(stack))
    cpu, memory = _total(whole)
    cpu_alone, memory_alone = _total(alone)
    report.add("idle.cpu", cpu, "% of a core", baseline=(ALONE, cpu_alone), aim=("≤", 5))
    report.add("idle.memory", memory, "MB PSS", baseline=(ALONE, memory_alone), aim=("≤", 1536))
    report.tables["idle, by process"] = [_row(name, usage, alone.get(name)) for name, usage in whole.items()]


def _groups_of(stack: StackProcess) -> dict[str, Group]:
    # The supervisor is the parent of all the others, so it stands for itself only.
    own = {"supervisor": Group(stack.pid, with_descendants=False)}
    return own | {name: Group(pid) for name, pid in stack.facts["pids"].items()}


def _total(usages: Mapping[str, Usage]) -> tuple[float, float]:
    return sum(usage.cpu_percent for usage in usages.values()), sum(usage.pss_mb for usage in usages.values())


def _row(name: str, usage: Usage, alone: Usage | None) -> dict[str, object]:
    return {
        "process": name,
        "processes": usage.processes,
        "cpu %": usage.cpu_percent,
        "cpu % alone": alone and alone.cpu_percent,
        "PSS MB": usage.pss_mb,
        "PSS MB alone": alone and alone.pss_mb,
    }
