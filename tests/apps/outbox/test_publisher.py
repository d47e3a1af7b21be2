"""The thread that publishes as things are put: nobody calls it here."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator

import pytest
from django.db import connection
from psycopg import sql
from psycopg.conninfo import make_conninfo

from apps.outbox import services, tasks
from apps.outbox.domain import Claimed, State
from apps.outbox.models import Message
from apps.outbox.publisher import Publisher, seconds_to_rest
from apps.platform import metrics
from apps.platform.config import Config
from tests.apps.outbox.conftest import Recorder
from tests.factories import unique
from tests.journeys.stack import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def config(config: Config) -> Config:
    """Of the tests' database."""
    return dataclasses.replace(config, state_dsn=make_conninfo(config.state_dsn, dbname=connection.settings_dict["NAME"]))


def make_publisher(config: Config) -> Publisher:
    return Publisher(config, died=lambda: None)


@pytest.fixture
def publisher(config: Config) -> Iterator[Publisher]:
    publisher = make_publisher(config)
    publisher.start()
    yield publisher
    publisher.stop()


def listeners() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'trace-publisher' AND datname = current_database()"
        )
        return [pid for (pid,) in cursor.fetchall()]


def is_done() -> bool:
    return set(Message.objects.values_list("state", flat=True)) == {State.DONE}


def test_what_is_put_is_published(publisher: Publisher, recorder: Recorder) -> None:
    recorder.put(1)
    wait_until(is_done)
    recorder.put(2)

    wait_until(is_done)

    assert recorder.payloads == [1, 2]


def test_what_was_put_while_nobody_listened_is_published(recorder: Recorder, config: Config) -> None:
    recorder.put(1)
    publisher = make_publisher(config)

    publisher.start()

    wait_until(is_done)
    publisher.stop()


def test_it_hears_again_after_its_connection_was_cut(publisher: Publisher, recorder: Recorder) -> None:
    wait_until(listeners)
    (before,) = listeners()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [before])
    wait_until(lambda: [pid for pid in listeners() if pid != before])

    recorder.put(1)

    wait_until(is_done)


def test_what_failed_is_tried_again_when_it_is_due(publisher: Publisher, recorder: Recorder) -> None:
    tries: list[Claimed] = []

    def refuse_once(message: Claimed) -> None:
        tries.append(message)
        if len(tries) == 1:
            raise ConnectionError("nobody there")

    recorder.fault = refuse_once
    recorder.put(1)

    wait_until(is_done)

    assert len(tries) == 2


def test_two_publish_each_thing_once(publisher: Publisher, recorder: Recorder, config: Config) -> None:
    other = make_publisher(config)
    other.start()
    wait_until(lambda: len(listeners()) == 2)

    for number in range(50):
        recorder.put(number)

    wait_until(is_done)
    other.stop()
    assert sorted(recorder.payloads, key=str) == sorted(range(50), key=str)


def test_stopped_it_ends_what_it_has_begun(recorder: Recorder, config: Config) -> None:
    began, may_end = threading.Event(), threading.Event()

    def slow(_message: Claimed) -> None:
        began.set()
        may_end.wait(10)

    recorder.fault = slow
    publisher = make_publisher(config)
    publisher.start()
    recorder.put(1)
    assert began.wait(10)

    stopping = threading.Thread(target=publisher.stop)
    stopping.start()
    may_end.set()
    stopping.join(10)

    assert not publisher.is_alive()
    assert is_done()


def test_stopped_under_a_flood_it_ends_with_the_batch_under_way(recorder: Recorder, config: Config) -> None:
    """Each effect puts the next: it would never find that nothing is due."""
    publisher = make_publisher(dataclasses.replace(config, outbox_batch=1))
    stopping = threading.Thread(target=publisher.stop)

    def put_another(message: Claimed) -> None:
        recorder.put(message.payload)
        if len(recorder.batches) == 2:
            stopping.start()
            wait_until(lambda: not publisher.is_wanted)

    recorder.fault = put_another
    recorder.put(1)
    publisher.start()
    publisher.join(30)
    stopping.join(30)

    assert not publisher.is_alive() and len(recorder.batches) == 3
    assert Message.objects.get(state=State.PENDING).claims == 0, "left to another"


def test_what_it_leaves_at_a_stop_another_takes_at_once(publisher: Publisher, recorder: Recorder, config: Config) -> None:
    wait_until(listeners)
    Message.objects.bulk_create([Message(kind=recorder.kind, payload=number) for number in range(3)])

    services.drain(dataclasses.replace(config, outbox_batch=1), is_wanted=lambda: False)

    wait_until(is_done)


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError("it cannot even be said")


def test_it_outlives_what_no_database_said(publisher: Publisher, recorder: Recorder) -> None:
    def fail(message: Claimed) -> None:
        if message.payload == "bad":
            raise Unspeakable

    recorder.fault = fail
    before = failures("ValueError")
    recorder.put("bad")
    wait_until(lambda: failures("ValueError") > before)

    recorder.put("good")

    wait_until(lambda: recorder.payloads == ["good"])


def failures(error: str) -> float:
    return float(metrics.OUTBOX_PUBLISHER_FAILURES.labels(error)._value.get())


def test_it_says_that_it_died(recorder: Recorder, config: Config) -> None:
    died = threading.Event()

    def leave(_message: Claimed) -> None:
        raise SystemExit

    recorder.fault = leave
    recorder.put(1)
    publisher = Publisher(config, died=died.set)

    publisher.start()

    assert died.wait(30)
    publisher.join(30)
    assert not publisher.is_alive()


def test_what_failed_in_beats_hands_is_tried_again_when_it_is_due(publisher: Publisher, recorder: Recorder) -> None:
    tries: list[str] = []

    def refuse_once(_message: Claimed) -> None:
        tries.append(threading.current_thread().name)
        if len(tries) == 1:
            raise ConnectionError("nobody there")

    wait_until(listeners)
    recorder.fault = refuse_once
    Message.objects.create(kind=recorder.kind, payload=1)  # as if its wake-up had been lost

    tasks.publish()

    wait_until(is_done)
    assert tries == [threading.current_thread().name, publisher.name]


def test_what_is_due_and_not_to_be_had_is_not_asked_for_without_end() -> None:
    assert seconds_to_rest(-5, took_something=True) < 0.1
    assert seconds_to_rest(-5, took_something=False) >= 1
    assert seconds_to_rest(7, took_something=False) == 7


def test_without_a_database_it_waits_for_one(config: Config, recorder: Recorder) -> None:
    """Its role may not log in yet."""
    role = unique("role")
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN PASSWORD 'of-the-tests'").format(sql.Identifier(role)))
    before = failures("OperationalError")
    recorder.put(1)
    publisher = make_publisher(
        dataclasses.replace(config, state_dsn=make_conninfo(config.state_dsn, user=role, password="of-the-tests"))
    )
    publisher.start()
    wait_until(lambda: failures("OperationalError") > before)
    assert not is_done()

    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("ALTER ROLE {} LOGIN").format(sql.Identifier(role)))

    wait_until(is_done)
    publisher.stop()
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
