"""A document names pools: what is not there, or of another chain, forbids to activate it, and not to deploy it."""

from __future__ import annotations

import pytest
from django.test import Client
from pydantic import Field

from apps.chains.models import RpcPool
from apps.dags import checking
from apps.dags.document.surroundings import alone
from apps.dags.document.validating import check
from apps.platform.errors import Conflict
from operators.sdk.config import BeaconPool, Config, NamedPool
from operators.sdk.config import RpcPool as RpcPoolName
from tests.apps.chains.makers import make_pool, make_usual_pools
from tests.apps.dags.makers import activate, deploy, manual
from tests.factories import Persona, sign_in

STREAMS = """name: sync
entrypoints:
  - name: chain
    kind: chain_sync
    chain_id: 143
    mode: { kind: fixed_target, from_block: 0, to_block: 100 }
    streams:
      - { dataset_key: blocks, cryo_dataset_name: blocks, rpc_pool: monad, chunk_size: 10, max_inflight: 1 }
      - { dataset_key: logs, cryo_dataset_name: logs, rpc_pool: standard, chunk_size: 10, max_inflight: 1 }
"""


class Several(Config):
    chain_id: int = 1
    rpc_pool: RpcPoolName | None = None
    beside: list[RpcPoolName] = Field(default=[], max_length=3)
    beacon_pool: BeaconPool | None = None
    words: str = ""


def test_a_config_tells_the_pools_of_all_its_fields() -> None:
    said = Several(rpc_pool="one", beside=["two", "three"], beacon_pool="four", words="five")

    assert said.named_pools == {
        ("rpc_pool",): NamedPool("one", "evm"), ("beside", 0): NamedPool("two", "evm"), ("beside", 1): NamedPool("three", "evm"),
        ("beacon_pool",): NamedPool("four", "beacon"),
    }  # fmt: skip
    assert Several().named_pools == {}


def test_without_an_org_no_pool_is_missed() -> None:
    assert check(manual(publish="chain"), alone()).warnings == []


@pytest.mark.django_db
def test_a_stream_asks_a_pool_of_its_chain(writer: Persona) -> None:
    make_usual_pools()
    checked = checking.check(writer.org, STREAMS)
    (warning,) = checked.warnings

    assert checked.valid and (warning.code, warning.path) == ("wrong_chain", "/entrypoints/0/streams/1/rpc_pool")
    assert "of chain 1; this is about chain 143" in warning.message and "Of this chain there is `monad`" in warning.hint


@pytest.mark.django_db
def test_a_pool_that_is_not_there_lets_deploy_and_not_activate(writer: Persona, runs_cryo: object) -> None:
    make_pool("standart")
    version = deploy(writer, manual(publish="chain"))
    with pytest.raises(Conflict) as refused:
        activate(writer, version)
    assert refused.value.code == "unknown_pool" and "Did you mean `standart`?" in refused.value.message
    assert [error["path"] for error in refused.value.errors] == ["/jobs/2/config/rpc_pool"]

    make_pool("standard", is_enabled=False)
    with pytest.raises(Conflict, match="is switched off"):
        activate(writer, version)
    RpcPool.objects.filter(name="standard").update(is_enabled=True)
    assert activate(writer, version).active == version


@pytest.mark.django_db
def test_validating_tells_it_beside_the_errors(writer: Persona) -> None:
    api = Client(headers={"Authorization": writer.bearer})
    answer = api.post("/v1/dags/validate", {"yaml": manual(publish="chain")}, content_type="application/json").json()

    assert (answer["valid"], answer["errors"]) == (True, [])
    (warning,) = answer["warnings"]
    assert (warning["code"], warning["message"]) == ("unknown_pool", "There is no RPC pool `standard`.")
    assert warning["hint"] == "There is none yet. Platform staff add pools."


@pytest.mark.django_db
def test_the_page_of_a_version_says_so_and_offers_no_activation(client: Client, writer: Persona, runs_cryo: object) -> None:
    deploy(writer, manual(publish="chain"))
    sign_in(client, writer.person)
    address = f"/o/{writer.org.slug}/dags/ranges/versions/1"
    before = client.get(address).text
    make_pool()

    assert "There is no RPC pool `standard`." in before and 'data-dialog="activate"' not in before
    assert 'data-dialog="activate"' in client.get(address).text
