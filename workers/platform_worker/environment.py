"""The environment of a child process, from empty: an operator sees nothing of the worker's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = str(Path(__file__).resolve().parents[2])
# Where programs are, what the machine is like, and the mark of the stack that started us: by it leftovers are found.
_KEPT = ("PATH", "TZ", "SSL_CERT_FILE", "_TRACE_STACK")


def child_environment(home: str, secrets: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    packages = os.pathsep.join(filter(None, (ROOT, os.environ.get("PYTHONPATH"))))
    own = {"LANG": "C.UTF-8", "HOME": home, "TMPDIR": home, "PYTHONPATH": packages}
    # What is ours comes last: a secret cannot decide what the process imports.
    return {**secrets, **kept, **own}
