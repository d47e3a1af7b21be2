"""The embedded PostgreSQL, as far as it can be seen without starting it."""

from __future__ import annotations

from pathlib import Path

import pytest

from workers.supervisor.errors import StackError
from workers.supervisor.leftovers import MARK
from workers.supervisor.servers.postgres import Postgres


@pytest.fixture
def postgres(tmp_path: Path) -> Postgres:
    cluster = tmp_path / "postgres"
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("18\n")
    return Postgres(cluster, tmp_path, None, 1, "secret", tmp_path / "postgres.log")


@pytest.mark.parametrize(("lock", "stays"), [("", False), ("what", False), ("999999999\n", False), ("1\n", True)])
def test_only_the_lock_of_a_living_server_stays(postgres: Postgres, lock: str, stays: bool) -> None:
    file = postgres.cluster / "postmaster.pid"
    file.write_text(lock)

    postgres.prepare()

    assert file.exists() is stays


def test_initdb_carries_the_mark_by_which_a_later_supervisor_finds_it(tmp_path: Path) -> None:
    program = tmp_path / "bin" / "initdb"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$_TRACE_STACK" >{tmp_path}/mark\nexit 1\n')
    program.chmod(0o755)
    new = Postgres(tmp_path / "new", tmp_path, None, 1, "secret", tmp_path / "postgres.log")

    with pytest.raises(StackError, match="initdb failed"):
        new.prepare(env={MARK: "this stack"})

    assert (tmp_path / "mark").read_text() == "this stack\n"
