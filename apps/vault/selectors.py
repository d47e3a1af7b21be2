"""What may be seen of an org's secrets: names, versions and ages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from apps.orgs.models import Org
from apps.platform.config import Config
from apps.platform.errors import ServiceError
from apps.vault.domain import Namespace, folder_of
from apps.vault.drivers import secret_store


@dataclass(frozen=True)
class SecretRow:
    namespace: str
    name: str
    version: int
    created_at: datetime
    rotated_at: datetime


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
    return [
        SecretRow(namespace, info.path.rsplit("/", 1)[1], info.version, info.created_at, info.rotated_at)
        for namespace in namespaces
        for info in store.list(folder_of(config.environment, org.slug, namespace))
    ]
