"""Who beats: beat at every tick, the dispatcher's consumer from its own loop as long as it has a broker."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from kombu.asynchronous.timer import Timer

from apps.platform.clock import ManualClock
from apps.platform.heartbeat import Heartbeat, Stuck
from traceweb.beat import Scheduler
from traceweb.celery import app
from traceweb.heartbeat import ConsumerHeartbeat

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture
def heartbeat(clock: ManualClock) -> Heartbeat:
    return Heartbeat(clock=clock)


def test_the_consumer_beats_from_its_loops_timer_and_rests_without_a_broker(heartbeat: Heartbeat, clock: ManualClock) -> None:
    consumer = SimpleNamespace(timer=Timer(), steps=[])
    step = ConsumerHeartbeat(consumer)
    step.heartbeat = heartbeat

    step.start(consumer)
    entry = consumer.timer.queue[0].entry
    clock.advance(AN_HOUR)
    with pytest.raises(Stuck):
        heartbeat.check()
    entry()
    heartbeat.check()

    step.stop(consumer)
    clock.advance(AN_HOUR)
    heartbeat.check()
    assert entry.canceled


def test_a_connection_lost_before_the_step_began_leaves_nothing_to_stop(heartbeat: Heartbeat) -> None:
    consumer = SimpleNamespace(timer=Timer(), steps=[])
    step = ConsumerHeartbeat(consumer)
    step.heartbeat = heartbeat

    step.stop(consumer)

    heartbeat.check()


@pytest.mark.django_db(transaction=True)  # it closes connections as it likes
def test_beat_beats_at_every_tick(heartbeat: Heartbeat, clock: ManualClock) -> None:
    scheduler = Scheduler(app, lazy=True)
    scheduler.heartbeat = heartbeat
    heartbeat.beat()
    clock.advance(AN_HOUR)

    scheduler.tick()

    heartbeat.check()


def test_the_dispatcher_has_that_step_and_beat_that_scheduler() -> None:
    assert ConsumerHeartbeat in app.steps["consumer"]
    assert app.conf.beat_scheduler == f"{Scheduler.__module__}:{Scheduler.__name__}"
