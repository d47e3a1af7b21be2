"""The secret store port over rows of the state database, sealed with keys that are not in it."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction
from django.db.models import F

from apps.platform import wiring
from apps.platform.clock import Clock
from apps.platform.config import Config, SecretsDriver
from apps.platform.envelope import Keyring, Sealed
from apps.platform.ports.secrets import SecretInfo, SecretMissing, SecretStore, check_writable
from apps.vault.models import EncryptedSecret


def secret_store(config: Config) -> SecretStore:
    """The driver that TRACE_SECRETS_DRIVER names. One of the two needs the ORM, so the choice is made here, not in wiring."""
    if config.secrets_driver is SecretsDriver.AWS:
        return wiring.secrets_manager(config)
    return EncryptedRows(config.vault_key_file, clock=wiring.clock())


class EncryptedRows:
    def __init__(self, key_file: Path, *, clock: Clock) -> None:
        self._key_file = key_file
        self._clock = clock

    def put(self, path: str, value: str) -> SecretInfo:
        check_writable(path, value)
        sealed = self._keyring().seal(path, value)
        now = self._clock.now()
        row = {"sealed": sealed.blob, "key_id": sealed.key_id, "rotated_at": now}
        secret, is_new = EncryptedSecret.objects.update_or_create(
            path=path, defaults=row | {"version": F("version") + 1}, create_defaults=row | {"created_at": now}
        )
        if not is_new:
            secret.refresh_from_db(fields=["version"])
        return _info(secret)

    def delete(self, path: str) -> None:
        EncryptedSecret.objects.filter(path=path).delete()

    def list(self, prefix: str) -> list[SecretInfo]:
        rows = EncryptedSecret.objects.defer("sealed").filter(path__startswith=prefix)
        return sorted((_info(row) for row in rows), key=lambda info: info.path)

    def reveal(self, path: str) -> str:
        try:
            row = EncryptedSecret.objects.get(path=path)
        except EncryptedSecret.DoesNotExist:
            raise SecretMissing(path) from None
        return self._keyring().open(path, _sealed(row))

    @transaction.atomic
    def rewrap(self) -> int:
        """Bring every row under the active key, after the keyring got a new one; then the old key may go."""
        keyring = self._keyring()
        stale = EncryptedSecret.objects.select_for_update().exclude(key_id=keyring.active)
        for row in stale:
            sealed = keyring.rewrap(row.path, _sealed(row))
            row.sealed, row.key_id = sealed.blob, sealed.key_id
            row.save(update_fields=["sealed", "key_id"])
        return len(stale)

    def _keyring(self) -> Keyring:
        # Read each time: a rotation of the keyring must not wait for a restart, and a secret is not read a thousand times a second.
        return Keyring.load(self._key_file)


def _sealed(row: EncryptedSecret) -> Sealed:
    return Sealed(row.key_id, bytes(row.sealed))


def _info(row: EncryptedSecret) -> SecretInfo:
    return SecretInfo(row.path, row.version, row.created_at, row.rotated_at)
