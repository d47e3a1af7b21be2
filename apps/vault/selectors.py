"""What may be seen of an org's secrets: names, versions and ages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from apps.orgs.models import Org
from apps.platform.config import Config
from apps.platform.errors import ServiceError
from apps.platform.ports.secrets import SecretInfo
from apps.vault.domain import Namespace, folder_of
from apps.vault.drivers import secret_store


@dataclass(frozen=True)
class SecretRow:
    namespace: str
    name: str
    version: int
    created_at: datetime
    rotated_at: datetime
    # Jobs that declare it, as `dag/job`.
    used_by: tuple[str, ...] = ()


Users = Callable[[Org], Mapping[str, Sequence[str]]]
_users: list[Users] = []


def ask_for_users(users: Users) -> None:
    """Once, in `AppConfig.ready` of the app above whose things declare secrets: by `name` or `namespace/name`, who does."""
    _users.append(users)


def paths_of(org: Org, *, config: Config) -> set[str]:
    """Of both namespaces."""
    store = secret_store(config)
    folders = [folder_of(config.environment, org.slug, namespace) for namespace in Namespace]
    return {info.path for folder in folders for info in store.list(folder)}


def used_by(org: Org) -> int | None:
    """For the quotas page, which shows the rest also while the store is not answering."""
    try:
        return len(paths_of(org, config=settings.CONFIG))
    except ServiceError:
        return None


def platform_secrets_of(org: Org, *, config: Config) -> list[SecretRow] | None:
    """None while the store is not answering: the page is about more than secrets."""
    try:
        return secrets_of(org, namespaces=(Namespace.PLATFORM,), config=config)
    except ServiceError:
        return None


def secrets_of(org: Org, *, namespaces: Iterable[Namespace] = Namespace, config: Config) -> list[SecretRow]:
    store = secret_store(config)
    users = [ask(org) for ask in _users]
    return [
        _row(namespace, info, users)
        for namespace in namespaces
        for info in store.list(folder_of(config.environment, org.slug, namespace))
    ]


def _row(namespace: Namespace, info: SecretInfo, users: Sequence[Mapping[str, Sequence[str]]]) -> SecretRow:
    name = info.path.rsplit("/", 1)[1]
    declared = sorted({user for by_name in users for key in (name, f"{namespace}/{name}") for user in by_name.get(key, ())})
    return SecretRow(namespace, name, info.version, info.created_at, info.rotated_at, tuple(declared))
