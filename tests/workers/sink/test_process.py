"""A sink as a process: it finds the datasets, writes what their queues name, and is made good when it is killed."""

# ruff: noqa: S608  names of tables, made of ids
from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.contracts import WORKER_TOKEN_HEADER
from apps.platform.contracts.buffers import BATCH_CLAIM_PATH, BATCH_END_PATH, BUFFERS_PATH, BatchClaimed, BatchColumn
from apps.platform.tables import Column, OrgNames, Shape, queue_name, table_name
from apps.tables.ddl.making import TableMaker
from apps.tables.ddl.orgs import ensure_org
from tests.fixtures.data import DataPlane
from tests.waiting import eventually
from tests.workers.sink.making import lines

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "trace_wkr_token-of-the-plane-in-memory"


@dataclass
class Plane:
    """Gives every batch out again and again, as a dispatcher does that was never told of an end."""

    dataset_id: UUID
    claim: dict[str, Any] = field(default_factory=dict)
    body: bytes = b""
    ends: list[dict[str, Any]] = field(default_factory=list)
    # While it is set an end is heard and not answered.
    is_silent: threading.Event = field(default_factory=threading.Event)

    def answer(self, path: str, body: bytes, token: str) -> tuple[int, bytes]:
        """The link is the object store's, which is not shown our token."""
        if path in {"/healthz", "/batch"}:
            return 200, self.body
        assert token == TOKEN
        if path == BATCH_END_PATH:
            self.ends.append(json.loads(body))
        told: dict[str, dict[str, Any]] = {
            BUFFERS_PATH: {"dataset_ids": [str(self.dataset_id)]}, BATCH_CLAIM_PATH: {"result": self.claim},
            BATCH_END_PATH: {"batch_id": self.claim["batch_id"], "state": "written"},
        }  # fmt: skip
        is_lost = path == BATCH_END_PATH and self.is_silent.is_set()
        return (503, b"{}") if is_lost else (200, json.dumps(told[path]).encode())


@pytest.fixture
def served(data_roles: DataPlane) -> Iterator[tuple[Plane, str]]:
    plane = Plane(uuid4())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])))

        def _answer(self, body: bytes) -> None:
            status, answer = plane.answer(self.path, body, self.headers.get(WORKER_TOKEN_HEADER, ""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Not into the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield plane, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def batch(plane: Plane, url: str, data: DataPlane) -> BatchClaimed:
    org, shape = OrgNames(uuid4()), Shape((Column("v", "uint256"),))
    with psycopg.connect(data.dsn("trace_tables")) as connection:
        ensure_org(connection, org)
        TableMaker(connection, org, plane.dataset_id).create(shape)
    batch_id = uuid4()
    made = BatchClaimed(
        batch_id=batch_id, order=batch_id, org_id=org.org_id, dataset_id=plane.dataset_id, task_id=uuid4(), job_id=uuid4(), unique=[], replaces=True,
        columns=[BatchColumn(name="v", type="uint256", nullable=False)], content_type="application/x-ndjson", size_bytes=1,
        url=f"{url}/batch", hold_seconds=300,
    )  # fmt: skip
    plane.claim, plane.body = made.model_dump(mode="json"), lines(*({"v": str(number)} for number in range(1_000)))
    return made


def start(url: str, config: Config, data: DataPlane, log: Path) -> subprocess.Popen[bytes]:
    env = {
        "PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]), "TRACE_QUEUE_DSN": config.queue_dsn,
        "TRACE_DATA_DSN": data.dsn("trace_sink"), "TRACE_INTERNAL_URL": url, "TRACE_WORKER_TOKENS": TOKEN,
    }  # fmt: skip
    with log.open("ab") as out:
        return subprocess.Popen([sys.executable, "-m", "workers.sink"], cwd=ROOT, env=env, stdout=out, stderr=out)


def test_a_sink_that_is_killed_before_it_is_heard_leaves_a_batch_that_is_written_once(
    served: tuple[Plane, str],
    with_queue_database: Config,
    data_roles: DataPlane,
    tmp_path: Path,
) -> None:
    plane, url = served
    made = batch(plane, url, data_roles)
    queue = wiring.queue(with_queue_database)
    queue.publish(queue_name(plane.dataset_id), [{"batch_id": str(made.batch_id)}])
    plane.is_silent.set()
    first = start(url, with_queue_database, data_roles, tmp_path / "sink.log")

    eventually(lambda: bool(plane.ends), seconds=60)
    first.kill()
    first.wait()
    plane.is_silent.clear()
    heard = len(plane.ends)
    # As a dispatcher does that finds a batch of which it hears nothing.
    queue.publish(queue_name(plane.dataset_id), [{"batch_id": str(made.batch_id)}])
    second = start(url, with_queue_database, data_roles, tmp_path / "sink.log")
    eventually(lambda: len(plane.ends) > heard, seconds=60)
    second.terminate()

    assert second.wait(timeout=60) == 0, (tmp_path / "sink.log").read_text()
    assert (plane.ends[-1]["ending"], plane.ends[-1]["rows"]) == ("Written", 1_000)
    table = f"{OrgNames(made.org_id).schema}.{table_name(made.dataset_id)}"
    assert data_roles.run(f"SELECT count(*) AS n, count(DISTINCT v) AS v FROM {table}") == [{"n": 1_000, "v": 1_000}]
    queue.close()
