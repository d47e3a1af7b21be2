"""The probe that shows the path from outbox to worker is whole."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from apps.dispatch import selectors, services
from apps.dispatch.models import Probe, Worker
from apps.outbox.models import Message
from apps.platform.contracts import WORKER_TOKEN_HEADER

TOKEN = "trace_wkr_current-token-of-tests"
INTERVAL = timedelta(seconds=15)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.urls("traceweb.urls.internal"),
]


def report(client: Client, probe_id: object, *, token: str = TOKEN, worker_id: str = "w-1"):  # type: ignore[no-untyped-def]
    body = {"probe_id": str(probe_id), "worker_id": worker_id, "worker_kind": "platform_worker"}
    return client.post("/internal/probe-receipts", body, content_type="application/json", headers={WORKER_TOKEN_HEADER: token})


def test_a_probe_leaves_through_the_outbox() -> None:
    probe = services.send_probe()

    assert Message.objects.get(kind="probe").payload == {"probe_id": str(probe.pk)}


def test_a_receipt_completes_the_round_trip_and_registers_the_worker(client: Client) -> None:
    probe = services.send_probe()

    assert report(client, probe.pk).status_code == 204

    trip = selectors.round_trip(now=timezone.now(), interval=INTERVAL)
    assert trip.worker_id == "w-1" and trip.milliseconds is not None and not trip.is_late
    assert Worker.objects.get().kind == "platform_worker"


def test_the_first_receipt_counts(client: Client) -> None:
    probe = services.send_probe()
    report(client, probe.pk, worker_id="w-1")

    assert report(client, probe.pk, worker_id="w-2").status_code == 204
    assert Probe.objects.get().worker_id == "w-1"


def test_a_probe_that_stays_away_is_late() -> None:
    probe = services.send_probe()
    Probe.objects.filter(pk=probe.pk).update(sent_at=timezone.now() - timedelta(minutes=1))

    assert selectors.round_trip(now=timezone.now(), interval=INTERVAL).is_late


def test_both_worker_tokens_work_during_a_rotation(client: Client) -> None:
    probe = services.send_probe()

    assert report(client, probe.pk, token="trace_wkr_previous-token-of-tests").status_code == 204


@pytest.mark.parametrize("token", ["", "wrong", TOKEN + "x", TOKEN[:-1]])
def test_without_a_valid_token_the_plane_refuses(client: Client, token: str) -> None:
    answer = report(client, services.send_probe().pk, token=token)

    assert (answer.status_code, answer.json()["code"]) == (401, "bad_worker_token")


def test_no_tokens_configured_means_nobody_is_a_worker(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    import dataclasses

    with override_settings(CONFIG=dataclasses.replace(settings.CONFIG, worker_tokens=())):
        assert report(client, services.send_probe().pk, token="").status_code == 401


def test_an_unknown_probe_answers_404_and_a_malformed_one_names_the_field(client: Client) -> None:
    assert report(client, uuid.uuid4()).json()["code"] == "unknown_probe"
    malformed = report(client, "not-an-id")
    assert malformed.status_code == 400
    assert [row["path"] for row in malformed.json()["errors"]] == ["probe_id"]
