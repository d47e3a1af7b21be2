"""Which pools there are, who names them, and which keys are there for their providers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from django.db.models import Prefetch, QuerySet

from apps.chains.domain import KEY, KnownPool
from apps.chains.models import RpcPool, RpcProvider
from apps.datasets.domain import PLATFORM_ORG
from apps.orgs.models import Org
from apps.platform.config import Config
from apps.platform.errors import NotFound, ServiceError
from apps.vault.selectors import SecretRow, platform_secrets_of

# Of active DAGs, by the pool: `org/dag/job`.
Users = Callable[[Sequence[str]], Mapping[str, Sequence[str]]]
_users: list[Users] = []


def ask_for_users(users: Users) -> None:
    """Once, in `AppConfig.ready` of the app above whose jobs name pools."""
    _users.append(users)


def users_of(names: Iterable[str]) -> dict[str, list[str]]:
    asked, found = list(names), dict[str, list[str]]()
    for ask in _users:
        for name, jobs in ask(asked).items():
            found.setdefault(name, []).extend(jobs)
    return {name: sorted(jobs) for name, jobs in found.items()}


def known_pools() -> dict[str, KnownPool]:
    """By name. There are a few, so everybody gets all of them."""
    rows = RpcPool.objects.values_list("name", "kind", "chain_id", "is_enabled", "description")
    return {row[0]: KnownPool(*row) for row in rows}


def pools() -> QuerySet[RpcPool]:
    return RpcPool.objects.prefetch_related(Prefetch("providers", RpcProvider.objects.order_by("name")))


def has_providers() -> bool:
    """Whether a chain can be asked at all."""
    return RpcProvider.objects.filter(pool__is_enabled=True).exists()


def get_pool(name: str) -> RpcPool:
    found = pools().filter(name=name[:64]).first()
    if found is None:
        raise NotFound(f"There is no RPC pool `{name[:63]}`.", code="unknown_pool")
    return found


def find_known(name: str) -> KnownPool | None:
    """Of one that a job names."""
    row = RpcPool.objects.filter(name=name).values_list("name", "kind", "chain_id", "is_enabled", "description").first()
    return KnownPool(*row) if row else None


def get_provider(pool: RpcPool, name: str) -> RpcProvider:
    found = pool.providers.filter(name=name[:64]).first()
    if found is None:
        raise NotFound(f"`{pool.name}` has no provider `{name[:63]}`.", code="unknown_provider")
    return found


def platform_org() -> Org | None:
    """Whose platform secrets hold the keys; None before the first was written."""
    return Org.objects.filter(slug=PLATFORM_ORG).first()


def keys(*, config: Config) -> list[SecretRow] | None:
    """Names and ages of what may be a provider's key; None while the store is not answering."""
    org = platform_org()
    return platform_secrets_of(org, config=config) if org else []


def missing_keys(rows: Iterable[RpcProvider], *, config: Config) -> set[str]:
    """Secrets that providers name and the vault does not have. Nobody knows of any while the store is not answering."""
    named = {row.secret for row in rows if row.secret}
    if not named:
        return set()
    try:
        there = keys(config=config)
    except ServiceError:
        there = None
    return set() if there is None else named - {row.name for row in there}


def where_the_key_goes(row: RpcProvider) -> str:
    """For people."""
    if row.header:
        return f"sent as the header {row.header}"
    return f"in place of {KEY}" if row.secret else ""
