"""A host of processes whose processes are light: `python -m tests.workers.light_host`, where their code does not matter.

What one does is said by the first digit of its task's id: 1 waits; 2 ends with exit code 3; 3 does not hear SIGTERM; 4 starts a
process in a session of its own, writes both ids to the file `TASK_ID`, and waits.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from apps.platform.config import Config
from workers.process_host.__main__ import run

WAITS, FAILS, DEAF, PARENT = "1", "2", "3", "4"


def work(task_id: str) -> int:
    match task_id[0]:
        case "2":
            return 3
        case "3":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            Path(task_id).write_text("deaf")
        case "4":
            child = subprocess.Popen(["sleep", "600"], start_new_session=True)
            Path(task_id).write_text(f"{child.pid}")
    time.sleep(600)
    return 0


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.exit(work(sys.argv[1]))
    sys.exit(run(Config.from_env(), command=(sys.executable, "-m", "tests.workers.light_host")))
