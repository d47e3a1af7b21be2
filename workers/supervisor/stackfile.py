"""The file that tells the health page which processes there are and how often each had to come back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from apps.platform.privatefile import write_private
from workers.supervisor.process import Supervised


def write_processes(file: Path, supervised: Mapping[str, Supervised]) -> None:
    rows = [
        {
            "name": name,
            "state": process.state.value,
            "pid": process.pid,
            "restarts": process.restarts,
            "since": process.since.isoformat(),
        }
        for name, process in supervised.items()
    ]
    write_private(file, json.dumps({"processes": rows}))
