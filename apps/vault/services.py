from __future__ import annotations

from apps.platform import wiring
from apps.platform.config import Config, SecretsDriver
from apps.platform.ports.secrets import SecretStore
from apps.vault.drivers import EncryptedRows


def secret_store(config: Config) -> SecretStore:
    """The driver that TRACE_SECRETS_DRIVER names. One of the two needs the ORM, so the choice is made here, not in wiring."""
    if config.secrets_driver is SecretsDriver.AWS:
        return wiring.secrets_manager(config)
    return EncryptedRows(config.vault_key_file, clock=wiring.clock())
