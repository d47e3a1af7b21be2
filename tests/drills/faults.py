"""What breaks: signals to real processes, databases that let nobody in, messages that go missing or come twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import psutil
import psycopg
import redis

from tests.journeys.stack import ROOT, StackProcess, wait_until
from workers.supervisor.ports import Ports


def process(stack: StackProcess, name: str) -> psutil.Process:
    """Also while the supervisor is just bringing it back."""
    wait_until(lambda: stack.facts["pids"][name], what=f"{name} did not come back")
    return psutil.Process(stack.facts["pids"][name])


def kill(stack: StackProcess, name: str) -> None:
    with suppress(psutil.NoSuchProcess):
        process(stack, name).kill()


def restart(stack: StackProcess, name: str) -> None:
    """As a deployment does it: the polite signal, and the supervisor brings it back."""
    before = process(stack, name)
    before.terminate()
    wait_until(lambda: stack.facts["pids"][name] not in {before.pid, None}, what=f"{name} stayed away")


def kill_a_child(stack: StackProcess) -> None:
    """One that runs tasks which last: it is most likely in the middle of one."""

    def children() -> list[psutil.Process]:
        with suppress(psutil.NoSuchProcess):
            return [one for one in process(stack, "worker").children(recursive=True) if "sleep" in one.cmdline()]
        return []

    wait_until(children, what="the worker has no children")
    for child in children()[:1]:
        child.kill()


def kill_the_source(stack: StackProcess) -> None:
    """The process that its task has to itself; if one runs just now."""
    with suppress(psutil.NoSuchProcess):
        for one in process(stack, "process_host").children():
            one.kill()


def kill_everything(stack: StackProcess) -> None:
    """The supervisor first: whatever is left has nobody who would start it again."""
    for one in [psutil.Process(stack.pid), *stack.members()]:
        with suppress(psutil.NoSuchProcess):
            one.kill()
    stack.wait_end()


@contextmanager
def frozen(stack: StackProcess, name: str) -> Iterator[None]:
    """Alive, its connections open, and without an answer."""
    with stopped(process(stack, name)):
        yield


@contextmanager
def stopped(top: psutil.Process) -> Iterator[None]:
    """With all that it started."""
    family = [top]
    with suppress(psutil.NoSuchProcess):
        family += top.children(recursive=True)
    _each(family, signal.SIGSTOP)
    try:
        yield
    finally:
        _each(family, signal.SIGCONT)


def _each(family: Sequence[psutil.Process], number: signal.Signals) -> None:
    for one in family:
        with suppress(psutil.NoSuchProcess):
            one.send_signal(number)


def hold_down(stack: StackProcess, name: str, *, seconds: float, number: signal.Signals = signal.SIGINT) -> None:
    """Stopped, and stopped again whenever it is brought back."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if pid := stack.facts["pids"][name]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        time.sleep(0.1)


@contextmanager
def locked(stack: StackProcess, database: str) -> Iterator[None]:
    """Nobody may enter this database, and who was in is thrown out; the others of the same server are not touched."""
    name = stack.facts["dsn"][database].rsplit("/", 1)[1]
    with superuser(stack) as server:
        server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    try:
        yield
    finally:
        with superuser(stack) as server:
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def superuser(stack: StackProcess, database: str = "postgres") -> psycopg.Connection:
    password = json.loads((stack.data_dir / "secrets.json").read_text())["postgres"]
    where = psycopg.conninfo.conninfo_to_dict(stack.facts["dsn"]["state"])
    until = time.monotonic() + 60
    while True:
        try:
            return psycopg.connect(
                host=where["host"], port=where["port"], user="postgres", password=password, dbname=database, autocommit=True
            )
        except psycopg.OperationalError:
            # An earlier fault has the server just coming back.
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def delete_messages(stack: StackProcess) -> int:
    """Those that wait and those that are being worked on: nobody will be told by them."""
    with superuser(stack, "trace_queue") as queue:
        return queue.execute("DELETE FROM queue.message").rowcount


def duplicate_messages(stack: StackProcess) -> None:
    """From now on whatever is published is there twice."""
    with superuser(stack, "trace_queue") as queue:
        queue.execute("""
            CREATE FUNCTION queue.again() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
                IF pg_trigger_depth() = 1 THEN
                    INSERT INTO queue.message (queue, payload) SELECT queue, payload FROM published;
                END IF;
                RETURN NULL;
            END $$;
            CREATE TRIGGER again AFTER INSERT ON queue.message REFERENCING NEW TABLE AS published
                FOR EACH STATEMENT EXECUTE FUNCTION queue.again();
        """)


def wipe_broker(stack: StackProcess) -> None:
    with redis.Redis.from_url(stack.facts["broker"]) as broker:
        broker.flushall()


@contextmanager
def twin(stack: StackProcess, name: str, **settings: str) -> Iterator[psutil.Process]:
    """A second process like one that the stack has, beside it."""
    model = process(stack, name)
    ports = Ports()  # kept: the port is ours as long as this lasts
    env = model.environ() | {"TRACE_OPS_PORT": str(ports.any())} | settings
    command = [part.replace(f"{name}@trace", f"{name}-2@trace") for part in model.cmdline()]
    log = (stack.data_dir / "logs" / f"{name}-2.log").open("w")
    with (
        log,
        subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True) as second,
    ):
        try:
            yield psutil.Process(second.pid)
        finally:
            second.terminate()
            try:
                second.wait(timeout=30)
            except subprocess.TimeoutExpired:
                second.kill()
