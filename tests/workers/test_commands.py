"""`make up` as it is typed: on which machine, and whose word counts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from workers.supervisor.environment import ROOT


@pytest.mark.parametrize(
    ("typed", "exported", "demo"),
    [
        (["DEMO=0"], {"TRACE_DEMO": "1"}, "0"),
        (["DEMO=1"], {"TRACE_DEMO": "0"}, "1"),
        ([], {"TRACE_DEMO": "0"}, "0"),
        ([], {"DEMO": "0"}, "0"),
        ([], {}, "1"),
    ],
)
def test_the_command_line_wins_over_the_environment(typed: list[str], exported: dict[str, str], demo: str) -> None:
    env = {name: value for name, value in os.environ.items() if name not in {"DEMO", "TRACE_DEMO", "MAKEFLAGS"}} | exported
    # The line itself, with another command behind it.
    lines = subprocess.run(["make", "-n", "up", *typed], cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout
    assignment = next(line for line in lines.splitlines() if "workers.supervisor up" in line).split(" exec ")[0]

    said = subprocess.run(
        ["/bin/sh", "-c", f'{assignment}; echo "$TRACE_DEMO"'], env=env, capture_output=True, text=True, check=True
    )

    assert said.stdout == f"{demo}\n"


@pytest.mark.parametrize("machine", ["Linux aarch64", "Darwin arm64"])
def test_another_kind_of_machine_is_told_so_before_anything_is_installed(tmp_path: Path, machine: str) -> None:
    uname = tmp_path / "uname"
    uname.write_text(f"#!/bin/sh\necho {machine}\n")
    uname.chmod(0o755)
    ended = subprocess.run(
        ["/bin/sh", "infra/bootstrap/install.sh", "laptop"],
        cwd=ROOT, env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 1
    assert ended.stderr.startswith(f"Trace cannot be installed: it runs on Linux x86_64; this is {machine}.\n  → ")
