"""Webhooks: known by their signature, each delivery once, closed to everybody else."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.dags.models import Dag
from apps.dispatch.models import Task
from apps.platform.config import Config
from apps.vault.domain import Namespace
from apps.vault.models import EncryptedSecret
from apps.vault.services import set_secret
from tests.apps.dispatch.makers import tasks_of
from tests.apps.runs.makers import armed
from tests.factories import Persona, acting

pytestmark = pytest.mark.django_db
SECRET, BODY = "whsec-of-the-tests", b'{"range": {"from": 1, "to": 2}}'
HOOK = """  - name: hook
    activation: source
    runtime: dispatcher
    operator: trigger_webhook
    outputs: 1
    source: { kind: webhook, path: deploys/main }
    secrets: [HOOK_KEY]
    config: { max_bytes: 100 }
"""


@pytest.fixture
def dag(writer: Persona, vault: Config) -> Dag:
    set_secret(writer.org, namespace=Namespace.USER, name="HOOK_KEY", value=SECRET, by=acting(writer), config=vault)
    return armed(writer, extra=HOOK)


def digest(message: bytes, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def signed(body: bytes = BODY, *, secret: str = SECRET, age: timedelta = timedelta()) -> str:
    at = int((timezone.now() - age).timestamp())
    return f"t={at},v1={digest(f'{at}.'.encode() + body, secret)}"


def call(slug: str, body: bytes = BODY, *, path: str = "deploys/main", address: str = "192.0.2.1", **headers: str):  # type: ignore[no-untyped-def]
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    client = Client(enforce_csrf_checks=True, REMOTE_ADDR=address)
    return client.post(f"/hooks/{slug}/{path}", body, content_type="application/json", headers=given)


def test_a_signed_call_becomes_a_task_with_what_was_sent(dag: Dag) -> None:
    answer = call(dag.org.slug, X_Trace_Signature=signed(), X_Trace_Delivery="d-1")

    (task,) = tasks_of(dag, "hook")
    assert (answer.status_code, answer.json()) == (202, {"task": str(task.pk)})
    assert task.cause == "webhook" and task.fired is not None
    assert task.fired["request"] == {"id": "d-1", "body": base64.b64encode(BODY).decode()}


def test_the_same_delivery_again_is_the_same_task(dag: Dag) -> None:
    first, again = (
        call(dag.org.slug, X_Trace_Signature=signed(age=timedelta(seconds=s)), X_Trace_Delivery="d-1") for s in (9, 0)
    )

    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json() == again.json() and len(tasks_of(dag, "hook")) == 1


def test_a_call_that_was_caught_and_sent_again_under_another_id_is_no_second_one(dag: Dag) -> None:
    caught = signed()
    first, again = (call(dag.org.slug, X_Trace_Signature=caught, X_Trace_Delivery=one) for one in ("d-1", "d-2"))

    assert (first.json(), again.status_code) == (again.json(), 200)


def test_as_github_signs(dag: Dag) -> None:
    signature = f"sha256={digest(BODY)}"
    first, again = (call(dag.org.slug, X_Hub_Signature_256=signature, X_GitHub_Delivery="gh-1") for _ in range(2))

    assert (first.status_code, again.status_code) == (202, 200)


@pytest.mark.parametrize(
    ("signature", "status", "code"),
    [
        (lambda: "", 400, "signature_needed"),
        (lambda: "t=1,v1=zz", 400, "signature_needed"),
        (lambda: signed(secret="another"), 401, "bad_signature"),
        (lambda: signed(b"another body"), 401, "bad_signature"),
    ],
    ids=["none", "no signature", "another secret", "another body"],
)
def test_who_does_not_know_the_secret_starts_nothing(dag: Dag, signature: Callable[[], str], status: int, code: str) -> None:
    answer = call(dag.org.slug, X_Trace_Signature=signature())

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not Task.objects.exists()


@pytest.mark.parametrize("age", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_signature_of_another_time_is_stale(dag: Dag, age: timedelta) -> None:
    assert call(dag.org.slug, X_Trace_Signature=signed(age=age)).json()["code"] == "stale_signature"


def test_what_is_too_long_is_told_so(dag: Dag) -> None:
    long, longest = b"x" * 101, b"x" * (1024 * 1024 + 1)

    assert [call(dag.org.slug, body, X_Trace_Signature=signed(body)).status_code for body in (long, longest)] == [413, 413]
    assert not Task.objects.exists()


def test_an_unknown_path_and_an_unknown_org_are_answered_alike(dag: Dag) -> None:
    answers = [call(*where, X_Trace_Signature=signed()) for where in ((dag.org.slug,), ("never-made",))]
    elsewhere = call(dag.org.slug, path="deploys/other", X_Trace_Signature=signed())

    assert answers[0].status_code == 202
    assert answers[1].json() | {"request_id": ""} == elsewhere.json() | {"request_id": ""}
    assert answers[1].status_code == elsewhere.status_code == 404


def test_a_hook_that_declares_no_secret_is_closed(writer: Persona) -> None:
    armed(writer, extra=HOOK.replace("    secrets: [HOOK_KEY]\n", ""))

    assert call(writer.org.slug, X_Trace_Signature=signed(secret="")).status_code == 404


def test_a_hook_whose_secret_nobody_has_written_takes_nothing(writer: Persona, vault: Config) -> None:
    armed(writer, extra=HOOK)

    assert call(writer.org.slug, X_Trace_Signature=signed(secret="")).json()["code"] == "bad_signature"


def test_a_hook_takes_calls_by_post_only(dag: Dag) -> None:
    assert Client().get(f"/hooks/{dag.org.slug}/deploys/main").status_code == 405


def test_whoever_knocks_without_end_is_refused_before_a_secret_is_read(dag: Dag) -> None:
    with override_settings(CONFIG=replace(settings.CONFIG, rate_per_org=2)), CaptureQueriesContext(connection) as asked:
        answers = [call(dag.org.slug, X_Trace_Signature=signed(secret="guessed")) for _ in range(5)]

    assert [one.status_code for one in answers] == [401, 401, 429, 429, 429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert len([one for one in asked if EncryptedSecret._meta.db_table in one["sql"]]) == 2


def test_calls_that_nobody_signed_do_not_use_up_the_rate_of_those_that_are(dag: Dag) -> None:
    with override_settings(CONFIG=replace(settings.CONFIG, rate_per_org=2)):
        for _ in range(5):
            call(dag.org.slug, address="198.51.100.7", X_Trace_Signature=signed(secret="guessed"))
        taken = [call(dag.org.slug, X_Trace_Signature=signed(), X_Trace_Delivery="d").status_code for _ in range(3)]

    assert taken == [202, 200, 429]


def test_those_that_are_signed_have_one_rate_wherever_they_come_from(dag: Dag) -> None:
    with override_settings(CONFIG=replace(settings.CONFIG, rate_per_org=2)):
        taken = [call(dag.org.slug, address=f"192.0.2.{one}", X_Trace_Signature=signed()).status_code for one in range(3)]

    assert taken[0] == 202 and taken[2] == 429
