"""Keys are rotated by a command: what was there stays readable, what comes is under the new key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from apps.audit.models import Record
from apps.platform import wiring
from apps.platform.config import Config, SecretsDriver
from apps.platform.envelope import Keyring
from apps.vault.drivers import secret_store
from apps.vault.models import EncryptedSecret


@pytest.mark.django_db
def test_every_secret_is_sealed_with_the_new_key_and_still_opens(vault: Config) -> None:
    store = secret_store(vault)
    store.put("/test/org/user/ONE", "first value")
    before = Keyring.load(vault.vault_key_file)

    assert call_command("rotate_keys", "vault").startswith("1 secrets are sealed")

    assert list(Record.objects.order_by("pk").values_list("action", "object_id")) == [
        ("key.set", "vault"),
        ("key.rotate", "vault"),
    ]
    after = Keyring.load(vault.vault_key_file)
    assert after.active != before.active and set(before.keys) < set(after.keys)
    assert EncryptedSecret.objects.get().key_id == after.active
    assert store.reveal("/test/org/user/ONE") == "first value"


@pytest.mark.django_db
def test_the_old_signing_key_goes_on_verifying(tmp_path: Path) -> None:
    config = replace(settings.CONFIG, signing_key_dir=tmp_path / "signing", vault_key_file=tmp_path / "vault.json")
    wiring.prepare_keys(config)
    before = published(config)

    with override_settings(CONFIG=config):
        call_command("rotate_keys", "signing")

    assert before < published(config)


def published(config: Config) -> set[str]:
    document: Any = wiring.signer(config).jwks()
    return {key["kid"] for key in document["keys"]}


@pytest.mark.django_db
def test_what_cannot_be_rotated_says_why(tmp_path: Path) -> None:
    lost = replace(settings.CONFIG, vault_key_file=tmp_path / "lost.json")
    with override_settings(CONFIG=lost), pytest.raises(CommandError, match="no keyring"):
        call_command("rotate_keys", "vault")
    with (
        override_settings(CONFIG=replace(lost, secrets_driver=SecretsDriver.AWS)),
        pytest.raises(CommandError, match="its own keys"),
    ):
        call_command("rotate_keys", "vault")
