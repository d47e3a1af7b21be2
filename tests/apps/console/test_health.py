"""Platform health answers, whatever does not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from redis import Redis

from apps.console.health import Health, take_health
from apps.console.health.bounded import BoundedChecks
from apps.console.health.loops import Loop
from apps.console.health.processes import read_processes
from apps.console.health.state import bounded
from apps.dispatch.models import Probe, Worker
from apps.outbox.models import Message
from apps.platform.config import Config
from apps.platform.loops import LoopRun, tell_run
from tests.factories import Persona, sign_in
from tests.fixtures.platform import PAYLOAD

pytestmark = pytest.mark.django_db(databases=["default", "data"])
NOWHERE = "redis://127.0.0.1:9/0"


def look(persona: Persona, config: Config) -> Health:
    return take_health(persona.person, config=config, now=timezone.now())


def answer(health: Health, key: str) -> tuple[str, str]:
    (server,) = (server for server in health.servers if server.key == key)
    return server.state, server.text


def page(client: Client, persona: Persona) -> str:
    sign_in(client, persona.person)
    response = client.get("/platform/health")
    assert response.status_code == 200
    return response.text


def test_the_servers_that_run_answer(staff: Persona) -> None:
    health = look(staff, settings.CONFIG)

    assert [answer(health, key)[0] for key in ("state", "data", "broker", "objects")] == ["ok"] * 4


def test_the_rpc_gateway_is_asked_where_this_process_may_and_its_absence_is_a_finding(staff: Persona) -> None:
    away = replace(settings.CONFIG, gateway_token="trace_gwy_tests", rpc_gateway_url="http://127.0.0.1:1")
    states = [answer(look(staff, config), "rpc_gateway") for config in (settings.CONFIG, away)]

    assert [state for state, _ in states] == ["skipped", "failed"]
    assert "TRACE_GATEWAY_TOKEN" in states[0][1] and "Tasks that ask a chain wait" in states[1][1]


def test_a_broker_that_is_away_is_a_finding_with_its_remedy(staff: Persona) -> None:
    health = look(staff, replace(settings.CONFIG, broker_url=NOWHERE))
    state, remedy = answer(health, "broker")

    assert state == "failed"
    assert "TRACE_BROKER_URL" in remedy
    assert "Broker is not answering" in health.problems


Tell = Callable[..., None]


@pytest.fixture
def tell() -> Iterator[Tell]:
    """Only what the test told is forgotten: other tests share the broker."""
    names: set[str] = set()
    with Redis.from_url(settings.CONFIG.broker_url) as broker:

        def told(name: str, *, ago: float, is_well: bool = True, never: str = "") -> None:
            every = {one: 15.0 for one in (name, never) if one}
            names.update(every)
            tell_run(broker, name, LoopRun(timezone.now().timestamp() - ago, 0.01, is_well), every)

        yield told
        for key in ("trace:loops:runs", "trace:loops:every-seconds", "trace:loops:since"):
            broker.hdel(key, *names)


def loop(health: Health, name: str) -> Loop:
    (found,) = (one for one in health.loops or [] if one.name == name)
    return found


def test_a_loop_that_has_not_run_for_too_long_is_a_problem(staff: Persona, tell: Tell) -> None:
    tell("tests.quick", ago=20, never="tests.never")
    tell("tests.late", ago=300, never="tests.lost")
    # Told of again, it is waited for from the first time.
    tell("tests.quick", ago=20, never="tests.lost")

    health = look(staff, settings.CONFIG)

    words = {name: loop(health, f"tests.{name}").word for name in ("quick", "never", "late", "lost")}
    assert words == {"quick": "On time", "never": "Not yet", "late": "Late", "lost": "Late"}
    told = [one for one in health.problems if any(f"tests.{name}" in one for name in words)]
    assert told == ["The loop tests.late is late", "The loop tests.lost is late"]


def test_a_loop_whose_last_run_failed_is_told_as_that(staff: Persona, tell: Tell) -> None:
    tell("tests.failed", ago=0, is_well=False)

    health = look(staff, settings.CONFIG)

    assert loop(health, "tests.failed").word == "Failed"
    assert "The last run of the loop tests.failed failed" in health.problems


def test_what_is_due_for_a_loop_is_counted_for_staff(client: Client, staff: Persona, reader: Persona, tell: Tell) -> None:
    tell("dispatch.retry", ago=0)

    assert loop(look(staff, settings.CONFIG), "dispatch.retry").backlog == 0
    assert loop(look(reader, settings.CONFIG), "dispatch.retry").backlog is None
    assert "dispatch.retry" in page(client, reader)


def test_without_the_broker_nobody_knows_of_the_loops(staff: Persona) -> None:
    assert look(staff, replace(settings.CONFIG, broker_url=NOWHERE)).loops is None


def test_a_queue_without_a_dsn_is_not_visible_and_no_problem(staff: Persona) -> None:
    health = look(staff, replace(settings.CONFIG, queue_dsn=""))

    assert answer(health, "queue")[0] == "skipped"
    assert not [problem for problem in health.problems if "queue" in problem.lower()]


def test_a_check_that_hangs_costs_its_limit_and_no_more() -> None:
    checks = BoundedChecks(limit_seconds=0.2)
    started = time.monotonic()
    outcomes = checks.run({"slow": lambda: time.sleep(2), "quick": lambda: 7})

    assert time.monotonic() - started < 1
    assert outcomes["slow"].error == "No answer within 0.2 s."
    assert outcomes["quick"].value == 7


def test_a_check_that_hangs_is_not_started_twice() -> None:
    started: list[int] = []
    release = threading.Event()

    def hang() -> None:
        started.append(1)
        release.wait(10)

    checks = BoundedChecks(limit_seconds=0.05)
    checks.run({"slow": hang})
    checks.run({"slow": hang})
    release.set()

    assert started == [1]


def test_the_error_of_a_check_is_redacted() -> None:
    def refuse() -> None:
        raise ConnectionError("no way to redis://default:hunter2secret@127.0.0.1/0")

    outcome = BoundedChecks(limit_seconds=1).run({"broker": refuse})["broker"]

    assert "hunter2secret" not in outcome.error


def test_a_read_that_takes_too_long_gives_nothing_and_leaves_the_connection_usable() -> None:
    def slow() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
        return "read"

    assert bounded(slow) is None
    assert Message.objects.count() == 0


def test_staff_see_payload_error_and_replay(client: Client, staff: Persona, dead_letter: Message) -> None:
    shown = page(client, staff)

    assert PAYLOAD["to"] in shown
    assert dead_letter.error in shown
    assert f"/platform/outbox/{dead_letter.pk}/replay" in shown


def test_others_see_how_many_but_neither_payload_nor_error_nor_replay(
    client: Client, admin: Persona, dead_letter: Message
) -> None:
    shown = page(client, admin)

    assert "1 waiting" in shown
    assert PAYLOAD["to"] not in shown
    assert dead_letter.error not in shown
    assert "replay" not in shown.replace("read and replay messages", "").replace("To replay", "")


def test_the_round_trip_and_its_worker_are_shown(client: Client, reader: Persona, worker: Worker) -> None:
    now = timezone.now()
    Probe.objects.create(sent_at=now - timedelta(milliseconds=31), received_at=now, worker_id=worker.pk)
    shown = page(client, reader)

    assert "31 <small>ms</small>" in shown
    assert "On time" in shown
    assert worker.pk in shown


def test_a_late_probe_is_a_problem(staff: Persona, late_probe: Probe) -> None:
    assert "Probe is late" in look(staff, settings.CONFIG).problems


@pytest.fixture
def processes_file(tmp_path: Path) -> Callable[[str], str]:
    def write(state: str) -> str:
        row = {"name": "web", "state": state, "pid": 41, "restarts": 2, "since": datetime(2026, 1, 1, tzinfo=UTC).isoformat()}
        (tmp_path / "processes.json").write_text(json.dumps({"processes": [row]}))
        return str(tmp_path / "processes.json")

    return write


def test_processes_are_read_from_the_supervisors_file(processes_file: Callable[[str], str]) -> None:
    (process,) = read_processes(processes_file("ready")) or []

    assert (process.name, process.badge, process.pid, process.restarts) == ("web", "ok", 41, 2)


def test_a_process_that_restarts_is_a_problem(staff: Persona, processes_file: Callable[[str], str]) -> None:
    health = look(staff, replace(settings.CONFIG, processes_file=processes_file("restarting")))

    assert "web is restarting" in health.problems


@pytest.mark.parametrize("content", ["", "{", '{"processes": [{}]}', '{"processes": 7}', "[]"])
def test_a_file_that_cannot_be_read_is_no_fault_of_the_page(tmp_path: Path, content: str) -> None:
    file = tmp_path / "processes.json"
    file.write_text(content)

    assert read_processes(str(file)) is None


def test_without_a_file_the_processes_are_watched_elsewhere(client: Client, reader: Persona) -> None:
    assert "Watched elsewhere" in page(client, reader)


def test_htmx_gets_the_fragment_only(client: Client, reader: Persona) -> None:
    sign_in(client, reader.person)
    fragment = client.get("/platform/health", headers={"HX-Request": "true"}).text

    assert fragment.lstrip().startswith("<trace-live")
    assert "<html" not in fragment


def test_the_fragment_carries_the_nonce_that_its_header_announces(client: Client, reader: Persona) -> None:
    sign_in(client, reader.person)
    response = client.get("/platform/health", headers={"HX-Request": "true"})
    nonce = response.text.split('hx-nonce="')[1].split('"')[0]

    assert f"'nonce-{nonce}'" in response.headers["Content-Security-Policy"]


def test_the_api_says_the_same_without_payloads(client: Client, reader: Persona, dead_letter: Message) -> None:
    body = client.get("/v1/platform/health", headers={"Authorization": reader.bearer})

    assert body.json()["outbox"]["failed"] == 1
    assert {server["key"] for server in body.json()["servers"]} == {
        "state", "data", "broker", "queue", "objects", "rpc_gateway",
    }  # fmt: skip
    assert PAYLOAD["to"] not in body.text


def test_the_api_needs_a_caller(client: Client) -> None:
    assert client.get("/v1/platform/health").status_code == 401
