"""Pools and providers are changed by services: each change is in the log, and none holds a key."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from apps.audit.models import Record
from apps.chains import selectors, services
from apps.chains.domain import PoolSpec, ProviderSpec
from apps.chains.models import RpcPool, RpcProvider
from apps.orgs.models import Org
from apps.platform.config import Config
from apps.platform.errors import Conflict, Invalid, NotFound
from apps.vault.drivers import secret_store
from tests.apps.chains.makers import BY, make_pool, make_provider, make_usual_pools
from tests.apps.dags.makers import activate, deploy, manual
from tests.factories import NOON, Persona

pytestmark = pytest.mark.django_db


def told() -> list[str]:
    return list(Record.objects.filter(object_kind__startswith="rpc").order_by("pk").values_list("action", flat=True))


def test_every_change_is_told_and_the_same_again_is_none() -> None:
    pool = make_pool()
    make_pool()
    make_pool(description="For everything")
    provider = make_provider(pool)
    make_provider(pool)
    make_provider(pool, weight=50)
    services.switch_provider(provider, is_enabled=False, by=BY, now=NOON)
    services.switch_pool(RpcPool.objects.get(), is_enabled=False, by=BY, now=NOON)
    services.delete_provider(provider, by=BY)
    services.delete_pool(pool, by=BY)

    assert told() == [
        "rpc_pool.create", "rpc_pool.change", "rpc_provider.create", "rpc_provider.change", "rpc_provider.change",
        "rpc_pool.change", "rpc_provider.delete", "rpc_pool.delete",
    ]  # fmt: skip
    changed = Record.objects.get(action="rpc_provider.change", after__is_enabled=False)
    assert changed.before and changed.after
    assert changed.before == {**changed.after, "is_enabled": True} and changed.object_name == "standard/first"


def test_what_is_to_be_new_is_not_there_yet() -> None:
    pool = make_pool()
    make_provider(pool)
    with pytest.raises(Conflict, match="There is an RPC pool `standard` already"):
        services.put_pool("standard", PoolSpec(1), by=BY, now=NOON, is_new=True)
    with pytest.raises(Conflict, match="has a provider `first` already"):
        services.put_provider(pool, "first", ProviderSpec("http://127.0.0.1:2"), by=BY, now=NOON, config=None, is_new=True)  # type: ignore[arg-type]


def test_a_key_is_written_before_a_provider_names_it(vault: Config) -> None:
    pool = make_pool()
    with pytest.raises(Invalid) as refused:
        make_provider(pool, url="https://rpc.example.com/{key}", secret="RPC_KEY")
    assert refused.value.code == "unknown_secret" and "Write it first" in refused.value.message

    services.write_key("RPC_KEY", "  the-key\n", by=BY, now=NOON, config=vault)
    made = make_provider(pool, url="https://rpc.example.com/{key}", secret="RPC_KEY")

    assert (made.url, made.secret) == ("https://rpc.example.com/{key}", "RPC_KEY")
    assert secret_store(vault).reveal("/laptop/platform/platform/RPC_KEY") == "the-key"
    assert "the-key" not in str(list(Record.objects.values())) + str(list(RpcProvider.objects.values()))


def test_a_provider_whose_key_is_gone_can_still_be_switched_off_and_is_told(vault: Config) -> None:
    services.write_key("RPC_KEY", "the-key", by=BY, now=NOON, config=vault)
    provider = make_provider(make_pool(), url="https://rpc.example.com/{key}", secret="RPC_KEY")
    secret_store(vault).delete("/laptop/platform/platform/RPC_KEY")

    assert selectors.missing_keys([provider], config=vault) == {"RPC_KEY"}
    assert not services.switch_provider(provider, is_enabled=False, by=BY, now=NOON).is_enabled


@pytest.mark.usefixtures("runs_cryo")
def test_a_pool_that_active_dags_name_keeps_its_chain_and_stays(writer: Persona) -> None:
    make_usual_pools()
    pool = selectors.get_pool("standard")
    version = deploy(writer, manual(publish="chain"))
    assert selectors.users_of(["standard"]) == {}
    activate(writer, version)
    user = f"{writer.org.slug}/ranges/blocks"

    assert selectors.users_of(["standard", "monad"]) == {"standard": [user]}
    for change in (
        lambda: services.delete_pool(pool, by=BY),
        lambda: make_pool(chain_id=5),
        lambda: make_pool(kind="beacon"),
    ):
        with pytest.raises(Conflict, match=user) as refused:
            change()
        assert refused.value.code == "pool_in_use"
    assert not make_pool(description="Other words", is_enabled=False).is_enabled

    activate(writer, None, dag=version.dag)
    services.delete_pool(pool, by=BY)
    with pytest.raises(NotFound):
        selectors.get_pool("standard")


@pytest.mark.parametrize(
    "row",
    [
        {"name": "Standard", "chain_id": 1}, {"name": "standard", "chain_id": 0}, {"name": "standard", "chain_id": 1, "kind": "solana"},
        {"name": "standard", "chain_id": 1, "finality_depth": 10_000_000},
    ],
)  # fmt: skip
def test_the_database_holds_no_pool_that_is_wrong(row: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        RpcPool.objects.create(**row)


@pytest.mark.parametrize(
    "row",
    [{"name": "A"}, {"name": "a", "url": "file:///etc"}, {"name": "a", "ws_url": "http://a"}, {"name": "a", "weight": 0}, {"name": "a", "timeout_seconds": 999}],
)  # fmt: skip
def test_the_database_holds_no_provider_that_is_wrong(row: dict[str, object]) -> None:
    pool = make_pool()
    with pytest.raises(IntegrityError), transaction.atomic():
        RpcProvider.objects.create(pool=pool, **{"url": "http://a.example", **row})


def test_the_org_of_keys_is_made_when_the_first_is_written(vault: Config) -> None:
    assert selectors.keys(config=vault) == []
    services.write_key("RPC_KEY", "the-key", by=BY, now=NOON, config=vault)

    assert Org.objects.filter(slug="platform").exists()
    assert [row.name for row in selectors.keys(config=vault) or []] == ["RPC_KEY"]
