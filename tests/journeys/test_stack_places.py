"""Where the stack can live: below a home that only root may enter, with Postgres as `nobody`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.journeys.stack import StackProcess, end_stack
from workers.supervisor.servers.places import forget_cluster

pytestmark = [pytest.mark.journey, pytest.mark.skipif(os.geteuid() != 0, reason="only root has to change the user")]


@pytest.fixture
def closed_home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    yield home / "data"
    end_stack(home / "data")


def test_below_a_closed_home_postgres_runs_as_nobody_and_a_reset_forgets_it(closed_home: Path) -> None:
    stack = StackProcess(closed_home).wait_ready()
    with stack.connect("state") as state:
        state.execute("CREATE TABLE kept AS SELECT 1 AS n")
    assert psutil.Process(stack.facts["pids"]["postgres"]).username() == "nobody"
    stack.stop()

    again = StackProcess(closed_home).wait_ready()
    with again.connect("state") as state:
        assert state.execute("SELECT n FROM kept").fetchone() == (1,)
    again.stop()

    outside = (closed_home / "postgres").resolve()
    assert outside.exists()
    forget_cluster(closed_home)
    assert not outside.parent.exists()


def test_a_lost_cluster_is_not_silently_replaced_by_an_empty_one(closed_home: Path) -> None:
    stack = StackProcess(closed_home)
    stack.wait_line(lambda line: "postgres" in line and "ready" in line)
    stack.stop()
    shutil.rmtree((closed_home / "postgres").resolve().parent)

    again = StackProcess(closed_home)

    assert again.wait_end() == 1
    assert "are gone" in again.output
    assert "Bring that directory back" in again.output
