"""What may be seen of an org's secrets: names, versions and ages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.orgs.models import Org
from apps.platform.config import Config
from apps.vault.domain import Namespace, folder_of
from apps.vault.drivers import secret_store


@dataclass(frozen=True)
class SecretRow:
    namespace: str
    name: str
    version: int
    created_at: datetime
    rotated_at: datetime


def secrets_of(org: Org, *, config: Config) -> list[SecretRow]:
    store = secret_store(config)
    return [
        SecretRow(namespace, info.path.rsplit("/", 1)[1], info.version, info.created_at, info.rotated_at)
        for namespace in Namespace
        for info in store.list(folder_of(config.environment, org.slug, namespace))
    ]
