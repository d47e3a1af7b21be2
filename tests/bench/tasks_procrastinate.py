"""The same number of tasks that do nothing through procrastinate, on the same server: two processes, two tasks at once in each."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from procrastinate import App, SyncPsycopgConnector
from psycopg.conninfo import make_conninfo

from tests.journeys.stack import wait_until

PROCESSES, AT_ONCE = 2, 2
DATABASE = "bench_procrastinate"
_APP = """
import os
from procrastinate import App, PsycopgConnector

app = App(connector=PsycopgConnector(conninfo=os.environ["BENCH_DSN"]))


@app.task(name="noop")
def noop(number: int) -> None:
    pass
"""


# Of the newest jobs.
_SECONDS = """
SELECT extract(epoch FROM max(at) FILTER (WHERE type = 'succeeded') - min(at) FILTER (WHERE type = 'deferred'))::float8
FROM procrastinate_events WHERE job_id > (SELECT max(id) FROM procrastinate_jobs) - %s
"""


class Procrastinate:
    def __init__(self, dsn: str, folder: Path) -> None:
        self._dsn = dsn
        self._env = {"BENCH_DSN": dsn, "PYTHONPATH": str(folder), "PATH": str(Path(sys.executable).parent)}
        (folder / "bench_app.py").write_text(_APP)
        self._app = App(connector=SyncPsycopgConnector(conninfo=dsn))
        self._run("schema", "--apply")
        self._workers = [self._start() for _ in range(PROCESSES)]
        self._state = psycopg.connect(dsn, autocommit=True)
        self.fan(50)  # they are up, and have run something

    def fan(self, tasks: int) -> float:
        """Seconds from the first that was deferred to the last that ended, by its own events."""
        before = self._ended()
        wishes: list[dict[str, Any]] = [{"number": number} for number in range(tasks)]
        with self._app.open():
            self._app.configure_task("noop").batch_defer(*wishes)
        wait_until(lambda: self._ended() >= before + tasks, seconds=120, what="procrastinate did not end")
        ((seconds,),) = self._state.execute(_SECONDS, [tasks])
        return float(seconds)

    def stop(self) -> None:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.wait(20)
        self._state.close()

    def _ended(self) -> int:
        ((count,),) = self._state.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'")
        return int(count)

    def _run(self, *arguments: str) -> None:
        subprocess.run(self._command(*arguments), env=self._env, check=True, capture_output=True)

    def _start(self) -> subprocess.Popen[bytes]:
        command = self._command("worker", "--concurrency", str(AT_ONCE), "--delete-jobs", "never")
        return subprocess.Popen(command, env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "procrastinate", "--app", "bench_app.app", *arguments]


@contextmanager
def procrastinate_beside(owner_dsn: str, folder: Path) -> Iterator[Procrastinate]:
    """In a database of its own, which goes away with it."""
    with psycopg.connect(owner_dsn, autocommit=True) as owner:
        owner.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        owner.execute(f"CREATE DATABASE {DATABASE}")
        theirs = Procrastinate(make_conninfo(owner_dsn, dbname=DATABASE), folder)
        try:
            yield theirs
        finally:
            theirs.stop()
            owner.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
