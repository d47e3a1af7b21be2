"""Pools by the API: staff put and delete them, everybody else knows their names."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.chains.models import RpcPool
from apps.platform.config import Config
from tests.apps.chains.makers import make_pool, make_provider, make_usual_pools
from tests.factories import Persona

pytestmark = pytest.mark.django_db
POOLS = "/v1/platform/rpc-pools"


def api(persona: Persona) -> Client:
    return Client(headers={"Authorization": persona.bearer})


def put(client: Client, path: str, body: dict[str, Any]) -> Any:
    return client.put(path, body, content_type="application/json")


@pytest.fixture
def staffs(operator: Persona) -> Client:
    return api(operator)


def test_a_pool_and_its_provider_are_put_shown_and_deleted(staffs: Client) -> None:
    made = put(staffs, f"{POOLS}/standard", {"chain_id": 1, "description": "Mainnet"})
    changed = put(staffs, f"{POOLS}/standard", {"chain_id": 1, "finality_depth": 96})
    provider = put(staffs, f"{POOLS}/standard/providers/ours", {"url": "https://rpc.example.com", "has_traces": True})
    listed = staffs.get(POOLS).json()

    assert (made.status_code, changed.json()["finality_depth"], changed.json()["description"]) == (200, 96, "")
    assert (provider.json()["name"], provider.json()["weight"], provider.json()["has_traces"]) == ("ours", 100, True)
    assert [(pool["name"], [one["name"] for one in pool["providers"]]) for pool in listed] == [("standard", ["ours"])]
    assert staffs.get(f"{POOLS}/standard").json() == listed[0]
    assert staffs.get(f"{POOLS}/standard/providers/ours").json() == listed[0]["providers"][0]
    assert staffs.delete(f"{POOLS}/standard/providers/ours").status_code == 204
    assert staffs.get(f"{POOLS}/standard/providers").json() == []
    assert staffs.delete(f"{POOLS}/standard").status_code == 204
    assert (staffs.get(f"{POOLS}/standard").status_code, staffs.get(f"{POOLS}/standard").json()["code"]) == (404, "unknown_pool")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("Standard", {"chain_id": 1}, 422, "bad_name"),
        ("standard", {}, 400, "bad_input"),
        ("standard", {"chain_id": 0}, 400, "bad_input"),
        ("standard", {"chain_id": "one"}, 400, "bad_input"),
        ("standard", {"chain_id": 1, "kind": "solana"}, 400, "bad_input"),
        ("standard", {"chain_id": 1, "chain": 1}, 400, "unknown_field"),
        ("never-made/providers/ours", {"url": "https://rpc.example.com"}, 404, "unknown_pool"),
        ("there/providers/ours", {"url": "https://user:secret@rpc.example.com"}, 422, "key_in_url"),
        ("there/providers/ours", {"url": "https://rpc.example.com/{key}"}, 422, "secret_needed"),
        ("there/providers/ours", {"url": "https://rpc.example.com/{key}", "secret": "RPC_KEY"}, 422, "unknown_secret"),
        ("there/providers/ours", {"url": "https://rpc.example.com", "weight": 0}, 400, "bad_input"),
    ],
)
def test_what_is_wrong_is_refused_by_code(
    staffs: Client, vault: Config, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    make_pool("there")
    answer = put(staffs, f"{POOLS}/{path}", body)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert "secret@" not in answer.text and RpcPool.objects.count() == 1


def test_everybody_who_is_signed_in_knows_the_names_and_nobody_the_providers(reader: Persona, stranger: Persona) -> None:
    make_usual_pools()
    make_provider(RpcPool.objects.get(name="standard"), url="https://rpc.of-a-vendor.example")
    answers = [api(persona).get("/v1/rpc-pools") for persona in (reader, stranger)]

    assert answers[0].json()[0] == {"name": "archive", "kind": "evm", "chain_id": 1, "description": "", "is_enabled": True}
    assert answers[0].json() == answers[1].json() and "vendor" not in answers[0].text
    assert Client().get("/v1/rpc-pools").status_code == 401


def test_health_is_unavailable_while_the_gateway_is_away(staffs: Client) -> None:
    answer = staffs.get("/v1/platform/rpc-health")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
