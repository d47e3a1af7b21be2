"""A stop ends what is only on the way, and nothing is started after it."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.journeys.stack import wait_until
from workers.supervisor.errands import Errands
from workers.supervisor.errors import StackError
from workers.supervisor.leftovers import is_alive


def test_it_returns_what_was_said_and_how_it_ended() -> None:
    ended = Errands().run(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"], env={})

    assert (ended.returncode, ended.stdout, ended.stderr) == (3, "out\n", "err\n")


def test_an_end_takes_the_errand_and_its_children_along(tmp_path: Path) -> None:
    errands, started = Errands(), tmp_path / "child"
    script = f"sleep 600 & echo $! >{started}.new; mv {started}.new {started}; wait"
    with ThreadPoolExecutor() as threads:
        running = threads.submit(errands.run, ["/bin/sh", "-c", script], env={"PATH": os.defpath})
        wait_until(started.exists)

        errands.end()

        assert running.result(timeout=30).returncode == -signal.SIGTERM
    wait_until(lambda: not is_alive(int(started.read_text())))


def test_nothing_starts_after_the_end(tmp_path: Path) -> None:
    errands = Errands()
    errands.end()

    with pytest.raises(StackError, match="stopping"):
        errands.run(["/usr/bin/touch", tmp_path / "touched"], env={})

    assert not (tmp_path / "touched").exists()
