"""The thread that publishes as things are put: nobody calls it here."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from apps.outbox.domain import Claimed, State
from apps.outbox.models import Message
from apps.outbox.publisher import Publisher
from apps.platform.config import Config
from tests.apps.outbox.conftest import Recorder
from tests.journeys.stack import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def config(config: Config) -> Config:
    """Of the tests' database."""
    return dataclasses.replace(config, state_dsn=make_conninfo(config.state_dsn, dbname=connection.settings_dict["NAME"]))


@pytest.fixture
def publisher(config: Config) -> Iterator[Publisher]:
    publisher = Publisher(config)
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
    publisher = Publisher(config)

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
    other = Publisher(config)
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
    publisher = Publisher(config)
    publisher.start()
    recorder.put(1)
    assert began.wait(10)

    stopping = threading.Thread(target=publisher.stop)
    stopping.start()
    may_end.set()
    stopping.join(10)

    assert not publisher.is_alive()
    assert is_done()


def test_without_a_database_it_waits_for_one(config: Config, recorder: Recorder) -> None:
    with psycopg.connect(config.state_dsn) as known:
        nowhere = make_conninfo(config.state_dsn, port=1, host=known.info.host)
    publisher = Publisher(dataclasses.replace(config, state_dsn=nowhere))

    publisher.start()
    publisher.stop()

    assert not publisher.is_alive()
