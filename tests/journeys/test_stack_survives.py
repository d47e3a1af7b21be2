"""Kill what you like: it comes back, and nothing that was accepted is lost."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

import boto3
import httpx
import psutil
import pytest

from tests.journeys.stack import StackProcess, members_of, wait_until
from workers.supervisor.ports import Ports

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("stack")]

PROCESSES = (
    "web",
    "internal",
    "dispatcher",
    "beat",
    "worker",
    "sink",
    "rpc_gateway",
    "process_host",
    "valkey",
    "seaweedfs",
    "postgres",
)


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_comes_back(stack: StackProcess, name: str) -> None:
    before = stack.facts["pids"][name]

    os.kill(before, signal.SIGKILL)

    wait_until(lambda: stack.facts["pids"][name] not in {before, None}, what=f"{name} stayed away")
    wait_until(lambda: everything_is_ready(stack), what=f"not ready after {name} was killed:\n{stack.output[-2000:]}")


def everything_is_ready(stack: StackProcess) -> bool:
    facts = stack.facts
    try:
        answers = [httpx.get(f"{url}/readyz", timeout=5) for url in facts["ops"].values()]
    except httpx.HTTPError:
        return False
    return all(answer.status_code == 200 for answer in answers) and all(facts["pids"].values())


def test_after_all_the_killing_a_probe_still_makes_the_round(stack: StackProcess) -> None:
    with stack.connect("state") as state:
        (newest,) = state.execute("SELECT max(received_at) FROM dispatch_probe").fetchone() or (None,)
        wait_until(lambda: state.execute("SELECT 1 FROM dispatch_probe WHERE received_at > %s", [newest or "epoch"]).fetchone())


def test_a_second_supervisor_on_the_same_data_is_refused(stack: StackProcess) -> None:
    second = StackProcess(stack.data_dir)

    assert second.wait_end() == 1
    assert "is already running" in second.output
    assert f"(process {stack.pid})" in second.output
    assert httpx.get(f"{stack.url}/healthz").text == "ok\n"


def put_object(stack: StackProcess, body: bytes) -> None:
    s3_of(stack).put_object(Bucket=stack.facts["s3"]["data_bucket"], Key="journey/kept", Body=body)


def s3_of(stack: StackProcess):  # type: ignore[no-untyped-def]
    facts = stack.facts["s3"]
    return boto3.client(
        "s3", endpoint_url=facts["endpoint"], region_name=facts["region"],
        aws_access_key_id=facts["access_key"], aws_secret_access_key=facts["secret_key"],
    )  # fmt: skip


def test_data_survives_the_kill_of_everything_and_a_stop_leaves_nothing_behind(data_dir: Path) -> None:
    first = StackProcess(data_dir).wait_ready()
    put_object(first, b"still here")
    with first.connect("state") as state:
        state.execute("CREATE TABLE journey AS SELECT 42 AS answer")
    token = first.facts["demo"]["people"]["reader"]["token"]
    for process in [psutil.Process(first.pid), *first.members()]:
        with suppress(psutil.NoSuchProcess):  # the supervisor's death takes them along
            process.kill()
    first.wait_end()

    second = StackProcess(data_dir).wait_ready()
    try:
        with second.connect("state") as state:
            assert state.execute("SELECT answer FROM journey").fetchone() == (42,)
        found = s3_of(second).get_object(Bucket=second.facts["s3"]["data_bucket"], Key="journey/kept")
        assert found["Body"].read() == b"still here"
        assert second.facts["demo"]["people"]["reader"]["token"] == token
        assert httpx.get(f"{second.url}/v1/me", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    finally:
        code = second.stop()

    assert code == 0
    assert members_of(data_dir) == []
    assert not (data_dir / "stack.json").exists()


def test_a_killed_supervisor_takes_its_processes_along(data_dir: Path) -> None:
    stack = StackProcess(data_dir).wait_ready()
    assert stack.members()

    os.kill(stack.pid, signal.SIGKILL)
    stack.wait_end()

    wait_until(lambda: not members_of(data_dir), what="processes outlived their supervisor")


def test_frozen_leftovers_are_ended_by_the_next_start_which_gets_their_address(data_dir: Path) -> None:
    """A stopped process cannot obey the signal that tells it its parent died."""
    port = str(Ports().any())
    stack = StackProcess(data_dir, TRACE_PUBLIC_PORT=port).wait_ready()
    frozen = [psutil.Process(stack.facts["pids"][name]) for name in ("web", "seaweedfs")]
    for process in frozen:
        process.suspend()
    os.kill(stack.pid, signal.SIGKILL)
    stack.wait_end()
    assert (data_dir / "stack.json").exists()

    again = StackProcess(data_dir, TRACE_PUBLIC_PORT=port)
    again.wait_line(lambda line: "ready in" in line)
    assert not (data_dir / "stack.json").exists(), "the file of the killed one is not taken for ours"
    again.wait_ready()

    assert "left behind" in again.output
    assert again.url == f"http://127.0.0.1:{port}"
    assert not [process for process in frozen if process.is_running() and process.status() != psutil.STATUS_ZOMBIE]
    again.stop()


def test_ctrl_c_during_the_start_stops_cleanly(data_dir: Path) -> None:
    stack = StackProcess(data_dir)
    stack.wait_line(lambda line: "valkey" in line)

    assert stack.stop(signal.SIGINT) == 0
    assert members_of(data_dir) == []
