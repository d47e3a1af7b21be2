"""The keys of providers: secrets that platform staff write into the org `platform`."""

from __future__ import annotations

from datetime import datetime

from apps.audit.domain import Actor
from apps.datasets.domain import PLATFORM_ORG
from apps.orgs.services import ensure_org
from apps.platform.config import Config
from apps.platform.ports.secrets import SecretInfo
from apps.vault.domain import Namespace
from apps.vault.services import set_secret


def write_key(name: str, value: str, *, by: Actor, now: datetime, config: Config) -> SecretInfo:
    """Made or rotated; nobody reads it back. The org is Trace's own, and made when it is first needed."""
    org = ensure_org(slug=PLATFORM_ORG, name="Platform", now=now)
    return set_secret(org, namespace=Namespace.PLATFORM, name=name, value=value.strip(), by=by, config=config)
