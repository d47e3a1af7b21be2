"""What every queue promises: at least once, hidden while somebody holds it, put aside after too many deliveries."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.platform import wiring
from apps.platform.config import Config, QueueDriver
from apps.platform.errors import Permanent
from apps.platform.json import Json
from apps.platform.ports.queue import MAX_BODY_BYTES, MAX_DELAY, Queue, encode
from tests.factories import unique
from tests.ports.conftest import ON_AWS_SERVER
from tests.waiting import eventually

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
MAX_RECEIVES = 2


@pytest.fixture(params=["postgres", pytest.param("sqs", marks=ON_AWS_SERVER)])
def config_of_queue(request: pytest.FixtureRequest) -> Config:
    servers = "with_queue_database" if request.param == "postgres" else "on_aws"
    config: Config = request.getfixturevalue(servers)
    return replace(config, queue_driver=QueueDriver(request.param), queue_max_receives=MAX_RECEIVES)


@pytest.fixture
def queue(config_of_queue: Config) -> Iterator[Queue]:
    queue = wiring.queue(config_of_queue)
    yield queue
    queue.close()


@pytest.fixture
def name() -> str:
    return unique("q")


def take_all(queue: Queue, name: str, *, visibility: timedelta = MINUTE) -> list[Json]:
    return [message.payload for message in queue.receive(name, limit=100, visibility=visibility)]


@pytest.mark.parametrize("payload", [{"a": [1, 2.5, None, True, "é ✓ 𝛼"]}, [], "text", 0, None, {"nested": {"deep": [{}]}}])
def test_a_payload_arrives_as_it_left(queue: Queue, name: str, payload: Json) -> None:
    queue.publish(name, [payload])

    (message,) = queue.receive(name, limit=1, visibility=MINUTE)

    assert (message.payload, message.receives, message.queue) == (payload, 1, name)


def test_after_closing_a_later_call_opens_it_again(queue: Queue, name: str) -> None:
    queue.publish(name, ["before"])
    queue.close()
    queue.close()

    assert [message.payload for message in queue.receive(name, limit=1, visibility=MINUTE, wait=SECOND)] == ["before"]


def test_an_empty_queue_answers_at_once_with_nothing(queue: Queue, name: str) -> None:
    assert queue.receive(name, limit=10, visibility=MINUTE) == []


def test_publishing_nothing_is_nothing(queue: Queue, name: str) -> None:
    queue.publish(name, [])

    assert queue.depth(name).ready == 0


def test_a_large_batch_arrives_whole_and_once(queue: Queue, name: str) -> None:
    queue.publish(name, [{"n": n} for n in range(57)])

    assert sorted(take_all(queue, name), key=str) == sorted(({"n": n} for n in range(57)), key=str)


def test_no_more_than_asked_for(queue: Queue, name: str) -> None:
    queue.publish(name, list(range(30)))

    assert len(queue.receive(name, limit=13, visibility=MINUTE)) == 13


def test_queues_do_not_mix(queue: Queue, name: str) -> None:
    queue.publish(name, ["mine"])

    assert take_all(queue, name + "-other") == []


def test_what_somebody_holds_is_hidden_from_others(queue: Queue, name: str) -> None:
    queue.publish(name, ["x"])
    take_all(queue, name)

    assert take_all(queue, name) == []


def test_what_was_acknowledged_does_not_come_back(queue: Queue, name: str) -> None:
    queue.publish(name, ["x"])
    queue.ack(queue.receive(name, limit=1, visibility=SECOND))

    assert queue.receive(name, limit=1, visibility=MINUTE, wait=2 * SECOND) == []


def test_what_was_not_acknowledged_comes_back_and_says_so(queue: Queue, name: str) -> None:
    queue.publish(name, ["x"])
    (first,) = queue.receive(name, limit=1, visibility=SECOND)

    (second,) = queue.receive(name, limit=1, visibility=MINUTE, wait=10 * SECOND)

    assert (second.id, second.receives) == (first.id, 2)
    assert second.receipt != first.receipt


def test_extending_keeps_it_hidden(queue: Queue, name: str) -> None:
    queue.publish(name, ["x"])
    (message,) = queue.receive(name, limit=1, visibility=SECOND)

    assert queue.extend(message, visibility=MINUTE)
    assert queue.receive(name, limit=1, visibility=MINUTE, wait=2 * SECOND) == []


def test_extending_by_nothing_hands_it_back(queue: Queue, name: str) -> None:
    queue.publish(name, ["x"])
    (message,) = queue.receive(name, limit=1, visibility=MINUTE)
    queue.extend(message, visibility=timedelta(0))

    (again,) = queue.receive(name, limit=1, visibility=MINUTE, wait=5 * SECOND)
    assert again.receives == 2


def test_a_delivery_that_is_gone_cannot_be_extended(queue: Queue, name: str) -> None:
    queue.publish(name, ["x"])
    (message,) = queue.receive(name, limit=1, visibility=MINUTE)
    queue.ack([message])

    assert not queue.extend(message, visibility=MINUTE)


def test_acknowledging_twice_is_no_error(queue: Queue, name: str) -> None:
    queue.publish(name, ["x"])
    messages = queue.receive(name, limit=1, visibility=MINUTE)

    queue.ack(messages)
    queue.ack(messages)

    assert queue.depth(name).in_flight == 0


def test_a_delayed_message_waits(queue: Queue, name: str) -> None:
    queue.publish(name, ["later"], delay=2 * SECOND)

    assert take_all(queue, name) == []
    assert queue.receive(name, limit=1, visibility=MINUTE, wait=10 * SECOND)[0].payload == "later"


def test_after_too_many_deliveries_it_is_put_aside(queue: Queue, name: str) -> None:
    queue.publish(name, ["poison"])
    for _ in range(MAX_RECEIVES):
        assert take_all(queue, name, visibility=timedelta(0)) == ["poison"]

    assert take_all(queue, name) == []
    depth = queue.depth(name)
    assert (depth.dead, depth.ready, depth.in_flight) == (1, 0, 0)


def test_depth_tells_ready_held_and_delayed_apart(queue: Queue, name: str) -> None:
    queue.publish(name, ["a", "b", "c"])
    queue.publish(name, ["d"], delay=MINUTE)
    queue.receive(name, limit=1, visibility=MINUTE)

    depth = queue.depth(name)
    assert (depth.ready, depth.in_flight, depth.delayed, depth.dead) == (2, 1, 1, 0)


def test_a_waiting_receiver_wakes_when_something_is_published(queue: Queue, name: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.receive, name, limit=1, visibility=MINUTE, wait=20 * SECOND)
        queue.publish(name, ["wake up"])

        assert [message.payload for message in waiting.result(timeout=10)] == ["wake up"]


def test_racing_receivers_never_hold_the_same_message(queue: Queue, name: str) -> None:
    sent = 120
    queue.publish(name, list(range(sent)))
    seen: list[Json] = []
    lock = threading.Lock()

    def drain() -> None:
        while messages := queue.receive(name, limit=7, visibility=MINUTE):
            with lock:
                seen.extend(message.payload for message in messages)
            queue.ack(messages)

    with ThreadPoolExecutor(4) as pool:
        for drained in [pool.submit(drain) for _ in range(4)]:
            drained.result(timeout=60)

    assert sorted(seen, key=str) == sorted(range(sent), key=str)
    eventually(lambda: queue.depth(name).in_flight == 0)


def test_a_payload_that_is_not_json_is_refused_before_anything_is_sent(queue: Queue, name: str) -> None:
    with pytest.raises(Permanent, match="must be JSON"):
        queue.publish(name, ["fine", float("nan")])

    assert take_all(queue, name) == []


def test_a_payload_over_the_limit_is_refused_with_a_way_out(queue: Queue, name: str) -> None:
    with pytest.raises(Permanent, match="object store"):
        queue.publish(name, ["x" * MAX_BODY_BYTES])


def test_payloads_of_the_largest_size_go_together(queue: Queue, name: str) -> None:
    largest = "x" * (MAX_BODY_BYTES - 2)
    queue.publish(name, [largest, largest, "small"])

    assert sorted(len(str(payload)) for payload in take_all(queue, name)) == [5, len(largest), len(largest)]


@pytest.mark.parametrize("delay", [MAX_DELAY + SECOND, -SECOND])
def test_a_delay_out_of_range_is_refused(queue: Queue, name: str, delay: timedelta) -> None:
    with pytest.raises(Permanent, match="delay"):
        queue.publish(name, ["x"], delay=delay)


def test_a_visibility_out_of_range_is_refused(queue: Queue, name: str) -> None:
    with pytest.raises(Permanent, match="visibility"):
        queue.receive(name, limit=1, visibility=timedelta(hours=13))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(json_values)
def test_every_json_value_survives_its_encoding(payload: Json) -> None:
    assert json.loads(encode(payload)) == payload
