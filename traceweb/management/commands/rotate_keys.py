"""`python manage.py rotate_keys signing|vault`: a new key from now on; what the old one signed or sealed stays good."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from apps.audit import services as audit
from apps.audit.domain import Actor, Subject
from apps.platform import wiring
from apps.platform.config import Config, SecretsDriver, SigningDriver
from apps.platform.envelope import Keyring
from apps.platform.errors import ServiceError
from apps.vault.drivers import EncryptedRows


class Command(BaseCommand):
    help = "Make a new signing key, or a new key for secrets and seal them all with it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("which", choices=["signing", "vault"])

    def handle(self, *args: Any, **options: Any) -> str:
        rotate = _rotate_signing if options["which"] == "signing" else _rotate_vault
        # Told before: a key that is there cannot be taken back when the log does not answer.
        _tell("key.set", options["which"])
        try:
            done = rotate(settings.CONFIG)
        except ServiceError as error:
            raise CommandError(str(error)) from error
        _tell("key.rotate", options["which"])
        return done


def _tell(action: str, which: str) -> None:
    with transaction.atomic():
        audit.record(action, Subject("key", which, which), by=Actor.system("rotate_keys"))


def _rotate_signing(config: Config) -> str:
    if config.signing_driver is not SigningDriver.LOCAL:
        raise CommandError("KMS keys are rotated by naming another one first in TRACE_KMS_KEY_IDS.")
    return f"The new signing key is {wiring.local_signer(config).rotate()}; the one before verifies until its tokens are dead."


def _rotate_vault(config: Config) -> str:
    if config.secrets_driver is not SecretsDriver.DATABASE:
        raise CommandError("Secrets Manager rotates its own keys: this is for TRACE_SECRETS_DRIVER=database.")
    keyring = Keyring.load(config.vault_key_file).rotated()
    # The key first: a crash between the two leaves rows that the old key still opens.
    keyring.replace(config.vault_key_file)
    count = EncryptedRows(config.vault_key_file, clock=wiring.clock()).rewrap()
    return f"{count} secrets are sealed with the new key {keyring.active}; the old ones stay in {config.vault_key_file}."
