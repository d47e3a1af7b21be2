"""The host of processes, as real processes: how what it runs ends, what it refuses, and what is left when it dies."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from apps.platform.ports.containers import NoRoom, Phase, State
from tests.waiting import eventually
from tests.workers.hosting import Hosting, container, hosting
from tests.workers.light_host import DEAF, FAILS, PARENT, WAITS
from tests.workers.plane import Plane
from tests.workers.working import is_running


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Hosting]:
    with hosting(tmp_path, TRACE_PROCESS_HOST_MOST="60") as host:
        yield host


def state(host: Hosting, handle: str) -> State:
    return host.driver.states([handle])[handle]


def test_an_exit_code_is_remembered(host: Hosting) -> None:
    handle = host.driver.run(container(FAILS))

    eventually(lambda: host.has_stopped(handle))
    assert state(host, handle) == State(Phase.STOPPED, 3, "It ended with exit code 3.")


def test_started_twice_with_one_token_it_is_one_process(host: Hosting) -> None:
    wanted = container(WAITS)

    handles = {host.driver.run(wanted) for _ in range(3)}

    assert len(handles) == 1 and len(host.below) == 1


def test_a_token_means_its_process_also_after_the_end(host: Hosting) -> None:
    wanted = container(FAILS)
    handle = host.driver.run(wanted)
    eventually(lambda: host.has_stopped(handle))

    assert host.driver.run(wanted) == handle
    assert host.driver.run(replace(wanted, token=uuid4().hex)) != handle


def test_fifty_starts_at_once_are_fifty_processes(host: Hosting) -> None:
    driver = host.driver
    with ThreadPoolExecutor(50) as callers:
        handles = list(callers.map(driver.run, [container(WAITS) for _ in range(50)]))

    assert len(set(handles)) == 50 and len(host.below) == 50
    assert {one.phase for one in driver.states(handles).values()} == {Phase.RUNNING}


def test_a_host_that_is_full_refuses_until_there_is_room(tmp_path: Path) -> None:
    with hosting(tmp_path, TRACE_PROCESS_HOST_MOST="2") as host:
        handles = [host.driver.run(container(WAITS)) for _ in range(2)]

        with pytest.raises(NoRoom, match="TRACE_PROCESS_HOST_MOST"):
            host.driver.run(container(WAITS))

        host.driver.stop(handles[0], reason="to make room")
        eventually(lambda: host.has_stopped(handles[0]))
        assert host.driver.run(container(WAITS))


def test_one_that_is_deaf_to_the_signal_is_killed_after_the_grace_time(host: Hosting) -> None:
    wanted = container(DEAF)
    handle = host.driver.run(wanted)
    eventually((host.directory / str(wanted.task_id)).exists)

    host.driver.stop(handle, reason="canceled")

    eventually(lambda: host.has_stopped(handle))
    assert state(host, handle) == State(Phase.STOPPED, 128 + signal.SIGKILL, "It was stopped: canceled.")


def test_what_it_started_elsewhere_ends_with_it(host: Hosting) -> None:
    wanted = container(PARENT)
    handle = host.driver.run(wanted)
    written = host.directory / str(wanted.task_id)
    eventually(lambda: written.read_text().isdigit())

    host.driver.stop(handle, reason="canceled")

    eventually(lambda: host.has_stopped(handle))
    assert not is_running(int(written.read_text()))


def test_a_host_that_is_killed_takes_its_processes_along_and_the_next_one_says_so(host: Hosting) -> None:
    handles = [host.driver.run(container(WAITS)) for _ in range(5)]
    below = host.below
    assert len(below) == 5

    host.processes[-1].kill()
    host.processes[-1].wait()

    eventually(lambda: not any(is_running(one.pid) for one in below))
    host.start()
    eventually(host.answers, seconds=30)
    assert all("died with it" in one.reason for one in host.driver.states(handles).values())
    assert {one.phase for one in host.driver.states(handles).values()} == {Phase.STOPPED}


def test_a_host_that_is_told_to_stop_lets_its_processes_end_first(host: Hosting) -> None:
    host.driver.run(container(WAITS))
    host.driver.run(container(DEAF))
    below = host.below

    host.processes[-1].send_signal(signal.SIGTERM)

    assert host.processes[-1].wait(timeout=30) == 0
    assert not any(is_running(one.pid) for one in below)


def test_a_real_task_is_claimed_run_and_completed(tmp_path: Path) -> None:
    with Plane() as plane, hosting(tmp_path, module="workers.process_host", TRACE_INTERNAL_URL=plane.url) as host:
        task = plane.add("ticker", {"interval_seconds": 0.2})
        handle = host.driver.run(container(task_id=task.id))
        plane.until(lambda: task.events)

        task.is_canceled = True

        plane.until_ended(task)
        eventually(lambda: host.has_stopped(handle), seconds=30)
        assert task.completion and task.completion.status == "Canceled"
        assert state(host, handle).exit_code == 0


def test_a_real_task_that_is_stopped_is_handed_back(tmp_path: Path) -> None:
    settings = {"TRACE_PROCESS_HOST_GRACE_SECONDS": "20", "TRACE_WORKER_CANCEL_GRACE_SECONDS": "1"}
    with Plane() as plane, hosting(tmp_path, module="workers.process_host", TRACE_INTERNAL_URL=plane.url, **settings) as host:
        task = plane.add("ticker", {"interval_seconds": 0.2})
        handle = host.driver.run(container(task_id=task.id))
        plane.until(lambda: task.events)

        host.driver.stop(handle, reason="no longer wanted")

        plane.until_ended(task)
        eventually(lambda: host.has_stopped(handle), seconds=30)
        assert task.completion and task.completion.status == "HandedBack"
