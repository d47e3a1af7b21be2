"""The environment of a task's process: the host's own, without what is the host's alone."""

from __future__ import annotations

import os

# Its health port is taken, and its counters are its own: thousands of short processes would fill their directory.
_HOSTS_OWN = frozenset({"TRACE_OPS_PORT", "PROMETHEUS_MULTIPROC_DIR", "TRACE_WORKER_ID"})


def task_environment(worker_id: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _HOSTS_OWN}
    return {**kept, "TRACE_WORKER_ID": worker_id}
