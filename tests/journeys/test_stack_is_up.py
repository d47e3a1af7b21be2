"""What `make up` promises once it says that Trace is ready."""

from __future__ import annotations

import stat

import httpx
import psutil
import psycopg
import pytest

from tests.journeys.stack import StackProcess, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("stack")]

PEOPLE = ("admin", "writer", "reader", "analyst", "stranger")


def test_the_last_line_names_the_address_that_answers(stack: StackProcess) -> None:
    ready = next(line for line in stack.lines if line.startswith("Trace is ready at "))

    assert ready.split()[-1] == stack.url
    assert httpx.get(f"{stack.url}/readyz").json() == {"ready": True, "failed": {}}


def test_stack_json_is_private(stack: StackProcess) -> None:
    assert stat.S_IMODE((stack.data_dir / "stack.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("key", PEOPLE)
def test_a_demo_persons_token_and_password_work(stack: StackProcess, key: str) -> None:
    person = stack.facts["demo"]["people"][key]
    me = httpx.get(f"{stack.url}/v1/me", headers={"Authorization": f"Bearer {person['token']}"}).json()

    assert me["email"] == person["email"]
    assert [org["slug"] for org in me["orgs"]] == ["elsewhere" if key == "stranger" else "demo"]
    assert signs_in(stack.url, person["email"], person["password"])
    assert not signs_in(stack.url, person["email"], "wrong password")


def signs_in(url: str, email: str, password: str) -> bool:
    with httpx.Client(base_url=url, headers={"Origin": url}) as browser:
        token = browser.get("/sign-in").text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        form = {"email": email, "password": password, "csrfmiddlewaretoken": token}
        return browser.post("/sign-in", data=form).status_code == 302


def test_a_probe_travels_from_the_outbox_to_a_worker_and_back(stack: StackProcess) -> None:
    with stack.connect("state") as state:
        wait_until(lambda: state.execute("SELECT 1 FROM dispatch_probe WHERE received_at IS NOT NULL").fetchone())
        # The receipt may come back before the publisher has settled the row.
        wait_until(lambda: state.execute("SELECT 1 FROM outbox_message WHERE kind = 'probe' AND state = 'done'").fetchone())


def test_the_planes_do_not_share_routes(stack: StackProcess) -> None:
    internal = stack.facts["urls"]["internal"]

    assert httpx.post(f"{stack.url}/internal/probe-receipts", json={}).status_code == 404
    assert httpx.get(f"{internal}/v1/me").status_code == 404
    assert httpx.post(f"{internal}/internal/probe-receipts", json={}).status_code == 401
    assert httpx.get(f"{stack.url}/v1/schema").json()["openapi"].startswith("3.1")
    assert "/internal/probe-receipts" in httpx.get(f"{internal}/internal/schema").json()["paths"]


def test_everything_listens_on_loopback_only(stack: StackProcess) -> None:
    addresses = set()
    for process in stack.members():
        try:
            connections = process.net_connections("inet")
        except psutil.NoSuchProcess:
            continue
        addresses |= {c.laddr.ip for c in connections if c.status == psutil.CONN_LISTEN}

    assert addresses == {"127.0.0.1"}


@pytest.mark.parametrize("name", ["web", "internal", "dispatcher", "beat", "worker", "sink", "rpc_gateway", "process_host"])
def test_every_process_of_ours_gives_health_and_metrics(stack: StackProcess, name: str) -> None:
    ops = stack.facts["ops"][name]

    assert httpx.get(f"{ops}/healthz").text == "ok\n"
    assert httpx.get(f"{ops}/readyz").json()["ready"]
    assert "trace_" in httpx.get(f"{ops}/metrics").text


class TestLeastPrivilege:
    def refused(self, dsn: str, statement: str = "SELECT 1") -> bool:
        try:
            with psycopg.connect(dsn, autocommit=True) as connection:
                connection.execute(statement)
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ReadOnlySqlTransaction, psycopg.OperationalError):
            return True
        return False

    def test_the_queue_role_works_the_queue_and_sees_nothing_else(self, stack: StackProcess) -> None:
        dsn = stack.facts["dsn"]["queue"]
        state, data = (dsn.rsplit("/", 1)[0] + f"/{name}" for name in ("trace_state", "trace_data"))

        assert not self.refused(dsn, "SELECT count(*) FROM queue.message")
        assert self.refused(dsn, "DROP TABLE queue.message")
        assert self.refused(dsn, "CREATE TABLE queue.mine (n int)")
        assert self.refused(state)
        assert self.refused(data)

    def test_the_query_role_only_reads_data(self, stack: StackProcess) -> None:
        dsn = stack.facts["dsn"]["query"]
        state, queue = (dsn.rsplit("/", 1)[0] + f"/{name}" for name in ("trace_state", "trace_queue"))

        assert not self.refused(dsn)
        assert self.refused(dsn, "CREATE TABLE mine (n int)")
        assert self.refused(dsn, "CREATE TEMPORARY TABLE mine (n int)")
        assert self.refused(state)
        assert self.refused(queue)

    def test_beat_sees_its_schedules_and_no_people(self, stack: StackProcess) -> None:
        dsn = environ_of(stack, "beat")["TRACE_STATE_DSN"]

        assert not self.refused(dsn, "SELECT count(*) FROM django_celery_beat_periodictask")
        assert self.refused(dsn, "SELECT * FROM accounts_person")

    def test_the_web_process_cannot_change_tables_or_forge_receipts(self, stack: StackProcess) -> None:
        dsn = environ_of(stack, "web")["TRACE_STATE_DSN"]

        assert not self.refused(dsn, "SELECT count(*) FROM accounts_person")
        assert self.refused(dsn, "ALTER TABLE accounts_person ADD COLUMN x int")
        assert self.refused(dsn, "UPDATE dispatch_probe SET received_at = now()")

    def test_a_process_is_told_only_what_it_needs(self, stack: StackProcess) -> None:
        for name in ("worker", "process_host", "rpc_gateway"):
            assert not {"TRACE_STATE_DSN", "TRACE_DJANGO_SECRET_KEY", "TRACE_S3_SECRET_KEY"} & environ_of(stack, name).keys()
        for name in ("process_host", "rpc_gateway"):
            assert not {name for name in environ_of(stack, name) if name.endswith("_DSN")}
        assert "TRACE_WORKER_TOKENS" not in environ_of(stack, "web")

    def test_the_worker_is_the_same_one_after_a_restart(self, stack: StackProcess) -> None:
        with stack.connect("state") as state:
            wait_until(lambda: state.execute("SELECT id FROM dispatch_worker").fetchall() == [("worker-1",)])


def environ_of(stack: StackProcess, name: str) -> dict[str, str]:
    return dict(psutil.Process(stack.facts["pids"][name]).environ())
