"""What running processes use: CPU between two looks, and memory with shared pages counted once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import psutil

SETTLE_SECONDS, WINDOW_SECONDS = 10.0, 30.0


@dataclass(frozen=True)
class Group:
    """A process, and with it what it started."""

    pid: int
    with_descendants: bool = True

    def members(self) -> list[psutil.Process]:
        root = psutil.Process(self.pid)
        return [root, *root.children(recursive=True)] if self.with_descendants else [root]

    def cpu_seconds(self) -> float:
        # Children first: what ends meanwhile is then found in the time of its parent.
        return sum(self._cpu_seconds(process) for process in reversed(self.members()))

    def pss_mb(self) -> float:
        return sum(_pss_bytes(process) for process in self.members()) / 1_000_000

    def _cpu_seconds(self, process: psutil.Process) -> float:
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            own = times.user + times.system
            # With the reaped children's: a short-lived Postgres backend would otherwise take its share with it.
            return own + times.children_user + times.children_system if self.with_descendants else own
        return 0.0


@dataclass(frozen=True)
class Usage:
    cpu_percent: float
    pss_mb: float
    processes: int


def measure(groups: Mapping[str, Group]) -> dict[str, Usage]:
    time.sleep(SETTLE_SECONDS)
    started, before = time.perf_counter(), {name: group.cpu_seconds() for name, group in groups.items()}
    time.sleep(WINDOW_SECONDS)
    # A process that had come back under another id would raise here: nothing that restarts is idle.
    after, took = {name: group.cpu_seconds() for name, group in groups.items()}, time.perf_counter() - started
    return {
        name: Usage((after[name] - before[name]) / took * 100, group.pss_mb(), len(group.members()))
        for name, group in groups.items()
    }


def _pss_bytes(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return int(process.memory_full_info().pss)
    return 0
