"""What the Postgres queue promises beyond the port, and how it takes the loss of its server."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from apps.platform import wiring
from apps.platform.config import Config
from apps.platform.errors import Permanent, Transient
from apps.platform.ports.queue import Queue
from tests.factories import unique
from tests.waiting import eventually

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def queue(with_queue_database: Config) -> Iterator[Queue]:
    queue = wiring.queue(with_queue_database)
    yield queue
    queue.close()


@pytest.fixture
def name() -> str:
    return unique("q")


def cut_connections(config: Config) -> int:
    """As a restart of the server would."""
    with psycopg.connect(config.queue_dsn, autocommit=True) as connection:
        cut = connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()
    return len(cut)


def test_a_stale_delivery_deletes_nothing(queue: Queue, name: str) -> None:
    queue.publish(name, ["x"])
    stale = queue.receive(name, limit=1, visibility=timedelta(0))
    queue.receive(name, limit=1, visibility=MINUTE)

    queue.ack(stale)

    assert queue.depth(name).in_flight == 1


def test_a_stale_delivery_cannot_be_extended(queue: Queue, name: str) -> None:
    queue.publish(name, ["x"])
    (stale,) = queue.receive(name, limit=1, visibility=timedelta(0))
    queue.receive(name, limit=1, visibility=MINUTE)

    assert not queue.extend(stale, visibility=MINUTE)


def test_messages_come_oldest_first(queue: Queue, name: str) -> None:
    for n in range(5):
        queue.publish(name, [n])

    assert [message.payload for message in queue.receive(name, limit=5, visibility=MINUTE)] == [0, 1, 2, 3, 4]


def test_after_a_cut_connection_it_goes_on(queue: Queue, name: str, with_queue_database: Config) -> None:
    queue.publish(name, ["before"])
    assert cut_connections(with_queue_database) >= 1

    queue.publish(name, ["after"])

    assert len(queue.receive(name, limit=2, visibility=MINUTE)) == 2


def test_a_cut_while_waiting_is_transient_and_the_next_wait_hears_again(
    queue: Queue, name: str, with_queue_database: Config
) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.receive, name, limit=1, visibility=MINUTE, wait=30 * SECOND)
        eventually(lambda: cut_connections(with_queue_database) >= 1)
        with pytest.raises(Transient, match="does not answer"):
            waiting.result(timeout=10)

        waiting = pool.submit(queue.receive, name, limit=1, visibility=MINUTE, wait=30 * SECOND)
        queue.publish(name, ["heard"])
        assert waiting.result(timeout=10)[0].payload == "heard"


def test_two_queues_waited_for_in_one_process_wake_their_own_receiver(queue: Queue, name: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        one, other = (
            pool.submit(queue.receive, f"{name}-{n}", limit=1, visibility=MINUTE, wait=20 * SECOND) for n in ("one", "other")
        )
        queue.publish(f"{name}-other", ["for the other"])
        assert other.result(timeout=10)[0].payload == "for the other"
        queue.publish(f"{name}-one", ["for one"])
        assert one.result(timeout=10)[0].payload == "for one"


def test_a_server_that_is_not_there_is_transient(with_queue_database: Config, name: str) -> None:
    nobody = wiring.queue(replace(with_queue_database, queue_dsn="postgresql://x:y@127.0.0.1:1/queue"))

    with pytest.raises(Transient, match="does not answer"):
        nobody.receive(name, limit=1, visibility=MINUTE, wait=SECOND)
    nobody.close()


def test_a_database_without_the_tables_is_permanent(config: Config, name: str) -> None:
    elsewhere = wiring.queue(replace(config, queue_dsn=config.queue_dsn.rsplit("/", 1)[0] + "/template1"))

    with pytest.raises(Permanent, match="refuses"):
        elsewhere.publish(name, ["x"])
    elsewhere.close()


def test_a_nul_character_which_postgres_cannot_store_is_refused(queue: Queue, name: str) -> None:
    with pytest.raises(Permanent, match="cannot store"):
        queue.publish(name, ["a\0b"])


def test_a_role_of_another_process_cannot_see_the_messages(with_queue_database: Config, name: str) -> None:
    role = unique("outsider").replace("-", "_")
    with psycopg.connect(with_queue_database.queue_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
        connection.execute(f"SET ROLE {role}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM queue.message")
        connection.execute("RESET ROLE")
        connection.execute(f"DROP ROLE {role}")
