"""Whether somebody outside knows a secret of an org: the value never leaves here."""

from __future__ import annotations

import hashlib
import hmac

from apps.orgs.models import Org
from apps.platform.config import Config
from apps.platform.ports.secrets import SecretMissing
from apps.vault.domain import Namespace, path_of
from apps.vault.drivers import secret_store


def is_signed(org: Org, name: str, message: bytes, given: str, *, config: Config) -> bool:
    """HMAC-SHA256 in hexadecimal, with a secret that the org's own people wrote. Without that secret nothing is signed."""
    try:
        value = secret_store(config).reveal(path_of(config.environment, org.slug, Namespace.USER, name))
    except SecretMissing:
        return False
    expected = hmac.new(value.encode(), message, hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected.encode(), given.encode())
