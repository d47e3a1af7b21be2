"""What a publisher does with the rows it claims, and what it leaves to the next one."""

from __future__ import annotations

import dataclasses
import threading

import pytest
from django.db import connection, transaction

from apps.audit.domain import Actor
from apps.outbox import selectors, services
from apps.outbox.domain import Claimed, State
from apps.outbox.models import Message
from apps.platform.config import Config
from apps.platform.errors import Transient
from tests.apps.outbox.conftest import Recorder

pytestmark = pytest.mark.django_db(transaction=True)


def make_due() -> None:
    Message.objects.filter(state=State.PENDING).update(due_at="2000-01-01T00:00:00Z")


def refuse(message: Claimed) -> None:
    raise ConnectionError("nobody there")


def test_a_batch_is_performed_at_once_and_in_order(recorder: Recorder, config: Config) -> None:
    recorder.put(1, 2, 3)

    services.publish_batch(config)

    assert recorder.batches == [[1, 2, 3]]
    assert set(Message.objects.values_list("state", flat=True)) == {State.DONE}


def test_published_rows_are_not_published_again(recorder: Recorder, config: Config) -> None:
    recorder.put(1)
    services.publish_batch(config)

    assert not services.publish_batch(config)
    assert recorder.payloads == [1]


def test_one_bad_row_does_not_hold_back_its_neighbours(recorder: Recorder, config: Config) -> None:
    def refuse_two(message: Claimed) -> None:
        if message.payload == 2:
            refuse(message)

    recorder.fault = refuse_two
    recorder.put(1, 2, 3)

    published = services.publish_batch(config)

    assert recorder.payloads == [1, 3]
    assert [failure.message.payload for failure in published.failed] == [2]


def test_a_server_that_is_down_is_asked_once_for_the_whole_batch(recorder: Recorder, config: Config) -> None:
    asked: list[Claimed] = []

    def down(message: Claimed) -> None:
        asked.append(message)
        raise Transient("the queue does not answer")

    recorder.fault = down
    recorder.put(1, 2, 3)
    for _ in range(config.outbox_max_attempts + 1):
        services.publish_batch(config)
        make_due()

    assert len(asked) == config.outbox_max_attempts + 1
    assert set(Message.objects.values_list("state", "attempts")) == {(State.PENDING, 0)}, "an outage uses up no attempt"
    recorder.fault = lambda _message: None
    services.publish_batch(config)
    assert recorder.batches == [[1, 2, 3]]


def test_a_publisher_from_before_a_replay_settles_nothing(recorder: Recorder, config: Config) -> None:
    """It took the last attempt, was slow, the row was given up, replayed and taken by another that fails."""
    recorder.put(1)

    def given_up_replayed_and_failed_meanwhile(message: Claimed) -> None:
        recorder.fault = refuse
        Message.objects.update(state=State.FAILED)
        services.replay(message.id, by=Actor.system("tests"))
        services.publish_batch(config)

    recorder.fault = given_up_replayed_and_failed_meanwhile
    services.publish_batch(config)

    assert Message.objects.get().state == State.PENDING


def test_a_failed_row_waits_for_its_back_off(recorder: Recorder, config: Config) -> None:
    recorder.fault = refuse
    recorder.put(1)

    services.publish_batch(config)

    row = Message.objects.get()
    assert (row.state, row.attempts, row.error) == (State.PENDING, 1, "ConnectionError: nobody there")
    assert not services.publish_batch(config), "it is not due yet"
    due = selectors.seconds_until_due(config)
    assert due is not None and 0 < due <= 1.5


def test_what_a_failure_says_is_kept_without_what_no_text_can_hold(recorder: Recorder, config: Config) -> None:
    def babble(_message: Claimed) -> None:
        raise ConnectionError("half a character \ud800 and a NUL \0")

    recorder.fault = babble
    recorder.put(1)

    services.publish_batch(config)

    row = Message.objects.get()
    assert (row.attempts, row.error) == (1, "ConnectionError: half a character ? and a NUL �")


def test_a_row_out_of_attempts_fails_for_good_and_stays_visible(recorder: Recorder, config: Config) -> None:
    recorder.fault = refuse
    recorder.put(1)
    for _ in range(config.outbox_max_attempts):
        services.publish_batch(config)
        make_due()

    assert [m.error for m in selectors.failed_messages()] == ["ConnectionError: nobody there"]
    assert selectors.overview().failed == 1
    assert not services.publish_batch(config)


def test_a_kind_nobody_handles_is_kept_and_tried_again(config: Config) -> None:
    with transaction.atomic():
        services.put("kind-of-a-later-version", {})

    services.publish_batch(config)

    row = Message.objects.get()
    assert row.state == State.PENDING
    assert "no handler" in row.error


def test_a_publisher_that_dies_gives_its_rows_back(recorder: Recorder, config: Config) -> None:
    def die(message: Claimed) -> None:
        raise KeyboardInterrupt

    recorder.fault = die
    recorder.put(1)
    with pytest.raises(KeyboardInterrupt):
        services.publish_batch(config)
    assert not services.publish_batch(config), "the claim still holds"

    make_due()  # the claim has run out
    recorder.fault = lambda _message: None
    services.publish_batch(config)

    assert recorder.payloads == [1]


def test_a_publisher_that_comes_back_late_settles_nothing(recorder: Recorder, config: Config) -> None:
    """It was slow, its claim ran out, another publisher took the row and failed: the failure must stand."""
    recorder.put(1)

    def other_publisher_takes_it(message: Claimed) -> None:
        recorder.fault = refuse
        make_due()
        services.publish_batch(config)

    recorder.fault = other_publisher_takes_it
    services.publish_batch(config)

    row = Message.objects.get()
    assert (row.state, row.attempts) == (State.PENDING, 2)


def test_a_row_whose_last_attempt_killed_the_publisher_is_given_up(recorder: Recorder, config: Config) -> None:
    recorder.put(1)
    Message.objects.update(attempts=config.outbox_max_attempts, due_at="2000-01-01T00:00:00Z")
    assert not services.publish_batch(config)
    assert selectors.seconds_until_due(config) is None, "there is nothing to wait for"

    services.give_up_on_dead_rows(config)

    assert Message.objects.get().state == State.FAILED


def test_two_publishers_share_the_rows_without_overlap(recorder: Recorder, config: Config) -> None:
    recorder.put(*range(200))
    small = dataclasses.replace(config, outbox_batch=10)
    together = threading.Barrier(2)

    def drain() -> None:
        together.wait()
        while services.publish_batch(small):
            pass
        connection.close()

    threads = [threading.Thread(target=drain) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(recorder.payloads, key=str) == sorted(range(200), key=str)


def test_pruning_takes_old_published_rows_only(recorder: Recorder, config: Config) -> None:
    recorder.put(1, 2)
    services.publish_batch(config)
    recorder.put(3)
    Message.objects.filter(payload=1).update(done_at="2000-01-01T00:00:00Z")

    assert services.prune(config) == 1
    assert sorted(Message.objects.values_list("payload", flat=True)) == [2, 3]
