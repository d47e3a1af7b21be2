"""Keys that sign, and a queue that takes wake-ups."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings

from apps.dispatch import signing
from apps.dispatch.services import minting
from apps.platform import wiring
from apps.platform.config import Config
from workers.supervisor.servers.seaweedfs import ROLE_ARN


@pytest.fixture(scope="session")
def signing_keys(tmp_path_factory: pytest.TempPathFactory, queue_tables: None) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    wiring.prepare_keys(
        dataclasses.replace(settings.CONFIG, signing_key_dir=folder / "keys", vault_key_file=folder / "vault.json")
    )
    return folder


@pytest.fixture(autouse=True)
def keys(signing_keys: Path) -> Iterator[None]:
    config = dataclasses.replace(
        settings.CONFIG, signing_key_dir=signing_keys / "keys", vault_key_file=signing_keys / "vault.json"
    )
    signing.signer.cache_clear()
    with override_settings(CONFIG=config):
        yield
    signing.signer.cache_clear()


@pytest.fixture
def mints(keys: None, buckets: Config) -> Iterator[None]:
    """Attempts get keys to the object store."""
    minting.minter.cache_clear()
    with override_settings(CONFIG=dataclasses.replace(settings.CONFIG, s3_role_arn=ROLE_ARN)):
        yield
    minting.minter.cache_clear()


@pytest.fixture
def elsewhere() -> Iterator[psycopg.Connection]:
    """Another dispatcher."""
    with psycopg.connect(_conninfo()) as other:
        yield other


def _conninfo() -> str:
    connection.ensure_connection()
    given = connection.connection.info
    return psycopg.conninfo.make_conninfo(given.dsn, password=given.password)
