"""`make check`: every static check, all of them even when one fails, and a line of verdict each."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PY = sys.executable
# Django loads its settings for these; no server is asked.
NO_SERVERS = {
    "TRACE_STATE_DSN": "postgresql://check:check@127.0.0.1:9/state",
    "TRACE_DATA_DSN": "postgresql://check:check@127.0.0.1:9/data",
    "TRACE_DJANGO_SECRET_KEY": "only-for-static-checks",
}
CHECKS = (
    ("format", [PY, "-m", "ruff", "format", "--check", "."]),
    ("lint", [PY, "-m", "ruff", "check", "."]),
    ("types", [PY, "-m", "mypy"]),
    ("floors", [str(BIN / "lint-imports"), "--no-cache"]),
    ("django", [PY, "manage.py", "check", "--fail-level", "WARNING"]),
    ("migrations", [PY, "-W", "ignore", "manage.py", "makemigrations", "--check", "--dry-run"]),
    ("reference", [PY, "-m", "infra.bootstrap.reference", "--check"]),
    ("templates", [PY, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "tests/architecture/test_templates.py"]),
    ("front end", [PY, "infra/bootstrap/frontend.py", "--lint"]),
)


def main() -> int:
    failed = [name for name, command in CHECKS if not passes(name, command)]
    print(f"{len(CHECKS) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def passes(name: str, command: list[str]) -> bool:
    started = time.monotonic()
    ended = subprocess.run(command, cwd=ROOT, env=os.environ | NO_SERVERS, capture_output=True, text=True, check=False)
    verdict = "ok" if ended.returncode == 0 else "FAILED"
    print(f"{name:<12} {verdict:<7} {time.monotonic() - started:5.1f} s", flush=True)
    if ended.returncode:
        print((ended.stdout + ended.stderr).rstrip()[-8000:], flush=True)
    return ended.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
