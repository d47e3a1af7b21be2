"""The internal plane: who gets a way to a chain, and what the gateway is told."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.chains import services
from apps.chains.domain import PoolSpec
from apps.chains.models import RpcPool
from apps.dispatch import capabilities, signing
from apps.dispatch.models import Task
from apps.dispatch.services import facts, open_pool_for_process
from apps.platform import tokens
from apps.platform.config import Config
from apps.platform.contracts import Claimed
from apps.platform.contracts.rpc import (
    GATEWAY_TOKEN_HEADER,
    OPEN_POOL_PATH,
    POOLS_PATH,
    PROCESS_TICKET_PATH,
    TICKET_AUDIENCE,
    GatewayPools,
    PoolOpened,
    Ticket,
)
from apps.platform.errors import NotFound
from apps.vault.drivers import secret_store
from operators.sdk.declaration import Declaration
from operators.sdk.words import Trust
from tests.apps.chains.gateways import TOKEN
from tests.apps.chains.makers import BY, make_pool, make_provider, make_usual_pools
from tests.apps.dags.makers import manual
from tests.apps.dispatch.makers import arm, claim_one, event, fence, finish, publish, start, tasks_of
from tests.apps.dispatch.test_internal_plane import post
from tests.factories import NOON, Persona

pytestmark = [pytest.mark.django_db, pytest.mark.urls("traceweb.urls.internal"), pytest.mark.usefixtures("gateway_config")]
KEY = "the-key-of-the-tests"


@pytest.fixture
def held(writer: Persona, runs_cryo: Declaration) -> Claimed:
    """A task of `blocks`, whose config names the pool `standard` of chain 1."""
    make_usual_pools()
    dag = arm(writer, manual(publish="chain"))
    start(dag, block_range=(0, 999))
    split = claim_one(tasks_of(dag, "chunks")[0].pk)
    finish(split, event(split, start=0, end=999))
    publish()
    return claim_one(tasks_of(dag, "blocks")[0].pk)


def ask(client: Client, held: Claimed, pool: str = "standard", *, token: str | None = None) -> Any:
    who = {name: value if name == "attempt" else str(value) for name, value in fence(held).items()}
    return post(client, OPEN_POOL_PATH, who | {"pool": pool}, token=held.capability_token if token is None else token)


def claims_of(ticket: str, *, now: datetime | None = None) -> dict[str, Any]:
    return tokens.verify(ticket, signing.signer().jwks(), issuer="trace", audience=TICKET_AUDIENCE, now=now or timezone.now())


def gateway(client: Client, path: str = POOLS_PATH, body: Any = None, *, token: str = TOKEN) -> Any:
    headers = {GATEWAY_TOKEN_HEADER: token}
    return (
        client.post(path, body, content_type="application/json", headers=headers) if body else client.get(path, headers=headers)
    )


def test_who_holds_a_task_gets_a_ticket_for_the_pool_that_its_job_names(client: Client, held: Claimed, writer: Persona) -> None:
    answer = ask(client, held)
    opened = PoolOpened.model_validate_json(answer.content)
    claims = claims_of(opened.ticket)
    given = Ticket.model_validate({key: value for key, value in claims.items() if key not in {"iss", "aud", "sub", "iat", "exp"}})

    assert (opened.url, opened.kind, opened.chain_id) == ("http://127.0.0.1:1", "evm", 1)
    assert given == Ticket(
        pool="standard", org_id=writer.org.pk, dag="ranges", job="blocks", task_id=held.task_id, attempt=held.attempt
    )
    assert claims["sub"] == f"task:{held.task_id}" and claims["exp"] - claims["iat"] == 15 * 60
    assert opened.expires_at == datetime.fromtimestamp(claims["exp"], tz=UTC)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_ticket_ends_with_the_capability_at_the_latest(client: Client, held: Claimed) -> None:
    capability = capabilities.read(held.capability_token, now=timezone.now())
    short = capabilities.issue(capability, timeout_seconds=60, now=timezone.now() - timedelta(minutes=1))
    until = capabilities.read(short, now=timezone.now()).expires_at
    assert until < (timezone.now() + timedelta(minutes=15)).timestamp()

    assert claims_of(ask(client, held, token=short).json()["ticket"])["exp"] == until


@pytest.mark.parametrize("pool", ["archive", "beacon", "never-made"])
def test_a_pool_that_the_job_does_not_name_stays_closed_whether_or_not_it_is_there(
    client: Client, held: Claimed, pool: str
) -> None:
    answer = ask(client, held, pool)

    assert (answer.status_code, answer.json()["code"]) == (403, "pool_not_named")
    assert f"may not open the pool `{pool}`: its config names `standard`" in answer.json()["message"]


def test_a_pool_that_was_deleted_is_missed_in_words(client: Client, held: Claimed) -> None:
    RpcPool.objects.filter(name="standard").delete()
    answer = ask(client, held)

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_pool")
    assert "Platform staff add pools" in answer.json()["message"]


def test_a_pool_that_is_switched_off_says_so(client: Client, held: Claimed) -> None:
    make_pool(is_enabled=False)
    answer = ask(client, held)

    assert (answer.status_code, answer.json()["code"]) == (422, "pool_disabled")


def test_a_pool_of_another_chain_is_refused(client: Client, held: Claimed) -> None:
    RpcPool.objects.filter(name="standard").update(chain_id=5)
    answer = ask(client, held)

    assert (answer.status_code, answer.json()["code"]) == (422, "wrong_chain")
    assert "`ranges/blocks` is about chain 1, and the pool `standard` is of chain 5" in answer.json()["message"]


def test_user_code_opens_none(client: Client, held: Claimed, runs_cryo: Declaration) -> None:
    object.__setattr__(runs_cryo, "trust", Trust.UNTRUSTED)
    facts.cache_clear()
    answer = ask(client, held)
    object.__setattr__(runs_cryo, "trust", Trust.TRUSTED)
    facts.cache_clear()

    assert (answer.status_code, answer.json()["code"]) == (403, "untrusted")


def test_only_the_newest_attempt_opens_one(client: Client, held: Claimed) -> None:
    assert ask(client, held, token="").status_code == 401
    Task.objects.filter(pk=held.task_id).update(cancel_requested_at=timezone.now())
    assert ask(client, held).json()["code"] == "canceled"
    Task.objects.filter(pk=held.task_id).update(cancel_requested_at=None, attempt=held.attempt + 1)
    assert ask(client, held).json()["code"] == "stale_fence"


@pytest.mark.parametrize("pool", ["", "Standard", "a b", "x" * 64])
def test_what_is_no_name_of_a_pool_cannot_be_read(client: Client, held: Claimed, pool: str) -> None:
    assert (ask(client, held, pool).status_code, ask(client, held, pool).json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("path", [POOLS_PATH, PROCESS_TICKET_PATH])
@pytest.mark.parametrize("token", ["", "trace_wkr_current-token-of-tests", TOKEN + "x"])
def test_only_the_gateways_token_opens_what_is_the_gateways(client: Client, path: str, token: str) -> None:
    answer = gateway(client, path, {"pool": "standard", "process": "web"} if path == PROCESS_TICKET_PATH else None, token=token)

    assert (answer.status_code, answer.json()["code"]) == (401, "bad_gateway_token")


def test_without_a_token_in_the_configuration_nobody_is_the_gateway(client: Client, gateway_config: Config) -> None:
    with override_settings(CONFIG=dataclasses.replace(gateway_config, gateway_token="")):
        assert gateway(client, token="").status_code == 401


def test_the_gateway_is_told_everything_with_the_keys_in_their_places(client: Client, gateway_config: Config) -> None:
    services.write_key("RPC_KEY", KEY + "\n", by=BY, now=NOON, config=gateway_config)
    pool = make_pool(finality_depth=12, most_head_lag=3)
    make_provider(pool, "vendor", url="https://rpc.example.com/v2/{key}", ws_url="wss://rpc.example.com/{key}", secret="RPC_KEY")
    make_provider(pool, "ours", url="http://10.0.0.1:8545", requests_per_second=7.5, has_archive=True)
    make_provider(pool, "header", url="https://h.example", header="X-Api-Key", secret="RPC_KEY")
    make_provider(pool, "off", is_enabled=False)
    make_pool("off", is_enabled=False)
    answer = gateway(client)
    told = GatewayPools.model_validate_json(answer.content)

    (one,) = told.pools
    vendor, ours, header = (next(row for row in one.providers if row.name == name) for name in ("vendor", "ours", "header"))
    assert (one.finality_depth, one.most_head_lag, len(one.providers)) == (12, 3, 3)
    assert (vendor.url, vendor.ws_url) == (f"https://rpc.example.com/v2/{KEY}", f"wss://rpc.example.com/{KEY}")
    assert (ours.ws_url, ours.headers, ours.requests_per_second, ours.has_archive) == (None, {}, 7.5, True)
    assert header.headers == {"X-Api-Key": KEY}
    assert told.keys == signing.signer().jwks() and answer.headers["Cache-Control"] == "no-store"


def test_a_provider_whose_key_is_gone_is_left_out_and_the_others_stay(client: Client, gateway_config: Config) -> None:
    services.write_key("RPC_KEY", KEY, by=BY, now=NOON, config=gateway_config)
    pool = make_pool()
    make_provider(pool, "vendor", url="https://rpc.example.com/{key}", secret="RPC_KEY")
    make_provider(pool, "ours")
    secret_store(gateway_config).delete("/laptop/platform/platform/RPC_KEY")

    assert [row["name"] for row in gateway(client).json()["pools"][0]["providers"]] == ["ours"]


def test_the_revision_changes_with_anything_and_with_nothing_else(client: Client, gateway_config: Config) -> None:
    services.write_key("RPC_KEY", KEY, by=BY, now=NOON, config=gateway_config)
    pool = make_pool()
    make_provider(pool, url="https://rpc.example.com/{key}", secret="RPC_KEY")

    def revision() -> str:
        found: str = gateway(client).json()["revision"]
        return found

    seen = [revision(), revision()]
    services.write_key("RPC_KEY", KEY + "2", by=BY, now=NOON, config=gateway_config)
    seen.append(revision())
    make_pool(most_head_lag=9)
    seen.append(revision())
    make_provider(pool, url="https://rpc.example.com/{key}", secret="RPC_KEY", weight=5)
    seen.append(revision())

    assert seen[0] == seen[1] and len(set(seen)) == 4


def test_a_process_of_ours_gets_a_ticket_of_its_own(client: Client) -> None:
    make_pool()
    opened = gateway(client, PROCESS_TICKET_PATH, {"pool": "standard", "process": "web"}).json()
    claims = claims_of(opened["ticket"])
    dispatchers = claims_of(open_pool_for_process("standard", process="dispatcher", now=timezone.now()).ticket)

    assert claims["sub"] == "process:web" and dispatchers["sub"] == "process:dispatcher"
    assert (claims["pool"], claims["task_id"], claims["org_id"], claims["attempt"]) == ("standard", None, None, 0)
    with pytest.raises(NotFound):
        open_pool_for_process("never-made", process="dispatcher", now=timezone.now())


def test_the_gateways_question_costs_the_same_however_many_pools_there_are(client: Client) -> None:
    counts = []
    for number in range(3):
        make_provider(services.put_pool(f"pool-{number}", PoolSpec(1), by=BY, now=NOON))
        with CaptureQueriesContext(connection) as asked:
            gateway(client)
        counts.append(len(asked))

    assert counts[0] == counts[2]
