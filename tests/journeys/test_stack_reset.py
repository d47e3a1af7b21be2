"""`make reset`: the data goes, with whatever still ran on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.stack import ROOT, members_of
from workers.supervisor.leftovers import MARK

pytestmark = pytest.mark.journey


def reset(data_dir: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workers.supervisor", "reset"],
        cwd=ROOT, env={"PATH": os.environ["PATH"], "TRACE_DATA_DIR": str(data_dir)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def used(data_dir: Path) -> Path:
    (data_dir / "keys").mkdir(parents=True)
    (data_dir / "version").write_text("trace 1\n")
    (data_dir / "secrets.json").write_text("{}")
    return data_dir


@pytest.fixture
def leftover(used: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"], env=os.environ | {MARK: str(used.resolve())}) as process:
        yield process
        process.kill()


def test_it_ends_what_a_killed_supervisor_left_and_forgets_the_data(used: Path, leftover: subprocess.Popen[bytes]) -> None:
    ended = reset(used)

    assert (ended.returncode, ended.stdout) == (0, f"{used} is gone. `make up` starts anew.\n")
    assert not used.exists()
    assert leftover.wait(timeout=10) and members_of(used) == []


def test_there_may_be_nothing_to_forget(data_dir: Path) -> None:
    ended = reset(data_dir)

    assert ended.returncode == 0 and "There is nothing to forget" in ended.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_it_is_the_way_out_of_a_full_disk(data_dir: Path) -> None:
    data_dir.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "tmpfs", str(data_dir)], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let root mount")
    try:
        inside = data_dir / "inside"
        (inside / "keys").mkdir(parents=True)
        (inside / "version").write_text("trace 1\n")
        (inside / "lock").touch()
        with pytest.raises(OSError, match="No space left"):
            (inside / "filling").write_bytes(bytes(1_000_000))

        ended = reset(inside)

        assert ended.returncode == 0, ended.stderr
        assert not inside.exists()
    finally:
        subprocess.run(["umount", str(data_dir)], check=True)
