"""Where the figures come from: they mean little without it."""

from __future__ import annotations

import os
import platform
import resource
import time
from datetime import UTC, datetime
from typing import Any

import psutil


def describe() -> dict[str, Any]:
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cores": os.cpu_count(),
            "ram_mb": psutil.virtual_memory().total // 1_000_000,
            "system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "python": platform.python_version(),
        },
    }


class Others:
    """What the rest of the machine did meanwhile: beside a busy neighbour no figure can be compared with another run's."""

    def __init__(self) -> None:
        self._started, self._before = time.monotonic(), _others_seconds()

    def cpu_percent(self) -> float:
        """Of all cores. To be asked when everything that was started has ended: only then its time is known as ours."""
        took = (time.monotonic() - self._started) * (os.cpu_count() or 1)
        return max(0.0, _others_seconds() - self._before) / took * 100


def _others_seconds() -> float:
    machine = psutil.cpu_times()
    busy = machine.user + machine.system + machine.irq + machine.softirq + machine.steal + machine.nice
    ours = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return busy - sum(usage.ru_utime + usage.ru_stime for usage in ours)
