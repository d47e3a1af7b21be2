"""The internal plane: who gets a way to a feed, and to which."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.audit.domain import Actor
from apps.dispatch import signing
from apps.orgs import services
from apps.platform import tokens
from apps.platform.contracts import Claimed
from apps.platform.contracts.feeds import FEED_AUDIENCE, OPEN_FEED_PATH, FeedOpened, FeedTicket
from tests.apps.dispatch.makers import arm, claim_one, fence, finish, start, tasks_of
from tests.apps.dispatch.test_internal_plane import post
from tests.factories import NOON, Persona, make_org

pytestmark = [pytest.mark.django_db, pytest.mark.urls("traceweb.urls.internal")]
URL = "https://prices.example.com/v1/latest.json?of=eth"
DAG = f"""name: prices
jobs:
  - name: fetch
    activation: source
    runtime: ecs_platform
    operator: http_ingest
    outputs: 1
    source: {{ kind: cron, schedule: "0 * * * *" }}
    config:
      url: {URL}
      columns: [{{ name: symbol, type: text }}]
publish:
  prices: {{ from: {{ job: fetch, output: 0 }} }}
"""


@pytest.fixture
def held(writer: Persona) -> Claimed:
    dag = arm(writer, DAG, name="prices")
    start(dag, "fetch")
    return claim_one(tasks_of(dag, "fetch")[0].pk)


def approve(writer: Persona, host: str = "prices.example.com", purpose: str = "feed", **org: Any) -> None:
    services.approve_host(org.get("org", writer.org), host=host, purpose=purpose, by=Actor.system("tests"), now=NOON)


def ask(client: Client, held: Claimed, feed: str = URL, *, token: str | None = None) -> Any:
    who = {name: value if name == "attempt" else str(value) for name, value in fence(held).items()}
    return post(client, OPEN_FEED_PATH, who | {"feed": feed}, token=held.capability_token if token is None else token)


def test_who_holds_the_task_gets_a_ticket_for_its_address_once_the_host_is_approved(
    client: Client, held: Claimed, writer: Persona
) -> None:
    approve(writer)

    answer = ask(client, held)

    opened = FeedOpened.model_validate_json(answer.content)
    claims = tokens.verify(opened.ticket, signing.signer().jwks(), issuer="trace", audience=FEED_AUDIENCE, now=timezone.now())
    ticket = FeedTicket.model_validate(
        {key: value for key, value in claims.items() if key not in {"iss", "aud", "sub", "iat", "exp"}}
    )
    assert ticket == FeedTicket(
        url=URL, org_id=writer.org.pk, dag="prices", job="fetch", task_id=held.task_id, attempt=held.attempt
    )
    assert claims["exp"] - claims["iat"] <= 300
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("approved", [{}, {"purpose": "webhook"}, {"host": "example.com"}, {"host": "prices.example.com:8443"}])
def test_a_host_that_is_not_approved_stays_closed_and_says_who_opens_it(
    client: Client, held: Claimed, writer: Persona, approved: dict[str, str]
) -> None:
    if approved:
        approve(writer, **approved)
    approve(writer, org=make_org("Elsewhere"))

    answer = ask(client, held)

    assert (answer.status_code, answer.json()["code"]) == (403, "host_not_approved")
    assert "an admin of the org approves it for feeds" in answer.json()["message"]


@pytest.mark.parametrize(
    "feed", ["https://prices.example.com/", "https://169.254.169.254/", URL + "&more=1", "", "file:///etc/passwd"]
)
def test_no_other_address_than_the_jobs_is_opened(client: Client, held: Claimed, writer: Persona, feed: str) -> None:
    approve(writer)

    answer = ask(client, held, feed)

    assert (answer.status_code, answer.json()["code"]) == (403, "feed_not_named")


def test_a_host_that_was_withdrawn_is_closed_at_the_next_fetch(client: Client, held: Claimed, writer: Persona) -> None:
    approve(writer)
    services.withdraw_host(writer.org.approved_hosts.get(), by=Actor.system("tests"))

    assert ask(client, held).status_code == 403


def test_who_does_not_hold_the_task_gets_nothing(client: Client, held: Claimed, writer: Persona) -> None:
    approve(writer)

    assert ask(client, held, token="nonsense").status_code == 401
    finish(held)
    assert ask(client, held).status_code == 409
