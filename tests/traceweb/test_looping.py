"""What Celery's processes tell of the loops."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from threading import Thread
from types import SimpleNamespace
from uuid import uuid4

import pytest
from celery import states
from django.conf import settings
from redis import Redis

from apps.platform.loops import LoopRun, read_runs
from traceweb import looping
from traceweb.looping import Teller


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """One that no other test runs at the same time."""
    name = f"tests.{uuid4()}"
    monkeypatch.setitem(looping.EVERY_SECONDS, name, 15.0)
    yield name
    with Redis.from_url(settings.CONFIG.broker_url) as broker:
        for key in ("trace:loops:runs", "trace:loops:every-seconds", "trace:loops:since"):
            broker.hdel(key, name)


def ran(teller: Teller, name: str, state: str = states.SUCCESS) -> None:
    teller.on_begin()
    teller.on_end(SimpleNamespace(name=name), state)


def last(name: str) -> LoopRun | None:
    with Redis.from_url(settings.CONFIG.broker_url) as broker:
        found = read_runs(broker).get(name)
    return found.last if found else None


def test_a_run_is_told_and_a_storm_of_them_once(loop: str) -> None:
    teller = Teller(settings.CONFIG)
    ran(teller, loop)
    first = last(loop)

    ran(teller, loop)

    assert first and first.is_well and last(loop) == first


def test_a_failure_is_told_at_once(loop: str) -> None:
    teller = Teller(settings.CONFIG)
    ran(teller, loop)

    ran(teller, loop, states.FAILURE)

    told = last(loop)
    assert told and not told.is_well


@pytest.fixture(params=["refuses", "says nothing"])
def away(request: pytest.FixtureRequest) -> Iterator[str]:
    """A broker that takes no connection, or takes it and never answers."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        if request.param == "says nothing":
            bound.listen()
        yield f"redis://127.0.0.1:{bound.getsockname()[1]}/0"


def test_a_broker_that_is_away_does_not_hold_up_the_work(loop: str, away: str, monkeypatch: pytest.MonkeyPatch) -> None:
    teller = Teller(replace(settings.CONFIG, broker_url=away))
    work = Thread(target=ran, args=(teller, loop), daemon=True)
    work.start()
    # A client without a limit would wait for ever.
    work.join(timeout=20)
    assert not work.is_alive() and last(loop) is None

    with Redis.from_url(settings.CONFIG.broker_url) as back:
        monkeypatch.setattr(teller, "_broker", back)
        ran(teller, loop)

    assert last(loop), "what could not be told does not count as told"
