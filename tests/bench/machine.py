"""Where the figures come from: they mean little without it."""

from __future__ import annotations

import os
import platform
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
            # Of the minute before: figures of a busy machine are not comparable with those of a quiet one.
            "load_before": round(os.getloadavg()[0], 2),
        },
    }
