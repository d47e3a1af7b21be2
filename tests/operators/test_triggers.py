"""What the triggers emit for a tick, a call, a person."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from operators.sdk.errors import ConfigurationError, InputError
from operators.sdk.task import Event, Fired, Range, Request
from operators.sdk.testing import Recording
from operators.trigger_cron.config import TriggerCronConfig
from operators.trigger_cron.operator import TriggerCron
from operators.trigger_manual.config import TriggerManualConfig
from operators.trigger_manual.operator import TriggerManual
from operators.trigger_webhook.config import TriggerWebhookConfig
from operators.trigger_webhook.operator import TriggerWebhook

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
TWELVE = "2026-01-15T12:00:00+00:00"
WITH_RANGE = TriggerWebhookConfig(range_start="/blocks/0", range_end="/blocks/1")


def called(body: bytes, config: TriggerWebhookConfig) -> list[Event]:
    task = Recording(config, fired=Fired(NOON, request=Request("delivery-7", body)))
    TriggerWebhook().run(task)
    return task.emitted


def test_a_tick_says_which_instant_it_is_of_and_hands_the_data_on() -> None:
    task = Recording(TriggerCronConfig(data={"report": "daily"}), fired=Fired(NOON))

    TriggerCron().run(task)

    assert task.emitted == [Event(0, data={"report": "daily", "scheduled_at": TWELVE})]


def test_the_instant_of_a_tick_cannot_be_overwritten() -> None:
    task = Recording(TriggerCronConfig(data={"scheduled_at": "yesterday"}), fired=Fired(NOON))

    TriggerCron().run(task)

    assert task.emitted[0].data == {"scheduled_at": TWELVE}


@pytest.mark.parametrize("named", [None, Range(5, 9)])
def test_a_run_by_hand_emits_the_range_that_was_named(named: Range | None) -> None:
    task = Recording(TriggerManualConfig(), fired=Fired(NOON, range=named))

    TriggerManual().run(task)

    assert task.emitted == [Event(0, range=named, data={"requested_at": TWELVE})]


def test_a_call_hands_its_body_on() -> None:
    assert called(b'{"deploy": [1, 2]}', TriggerWebhookConfig()) == [
        Event(0, data={"delivery_id": "delivery-7", "received_at": TWELVE, "body": {"deploy": [1, 2]}})
    ]


def test_text_is_handed_on_as_it_is() -> None:
    (event,) = called("größe=1".encode(), TriggerWebhookConfig(body="text"))

    assert event.data and event.data["body"] == "größe=1"


def test_a_call_can_name_a_range() -> None:
    (event,) = called(b'{"blocks": [5, 9]}', WITH_RANGE)

    assert event.range == Range(5, 9)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"\xff", b"[" * 200_000, b"{}", b"[]", b'{"blocks": [5]}', b'{"blocks": [9, 5]}', b'{"blocks": [-1, 5]}',
     b'{"blocks": [true, 5]}', b'{"blocks": ["5", 9]}', b'{"blocks": [5, 9e99]}'],
)  # fmt: skip
def test_a_call_without_the_range_that_it_should_name_is_refused(body: bytes) -> None:
    with pytest.raises(InputError):
        called(body, WITH_RANGE)


def test_a_body_may_be_as_long_as_it_is_allowed_and_no_longer() -> None:
    limit = TriggerWebhookConfig(body="text", max_bytes=4)

    assert called(b"four", limit)
    with pytest.raises(InputError, match="5 bytes"):
        called(b"fives", limit)


def test_a_trigger_that_nothing_started_says_what_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="kind cron"):
        TriggerCron().run(Recording(TriggerCronConfig()))
    with pytest.raises(ConfigurationError, match="kind manual"):
        TriggerManual().run(Recording(TriggerManualConfig()))
    with pytest.raises(ConfigurationError, match="kind webhook"):
        TriggerWebhook().run(Recording(TriggerWebhookConfig(), fired=Fired(NOON)))
