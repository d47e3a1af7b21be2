"""Keys that sign, a vault, and the gateway's token."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from apps.platform.config import Config
from apps.platform.envelope import Keyring
from operators.sdk.catalogue import catalogue
from operators.sdk.declaration import Declaration
from tests.apps.chains.gateways import TOKEN
from tests.apps.dispatch.conftest import keys, signing_keys  # noqa: F401  tickets are signed
from tests.fixtures.chain import node  # noqa: F401


@pytest.fixture
def gateway_config(keys: None) -> Iterator[Config]:  # noqa: F811  it is the fixture
    """With a token, and a keyring for the keys of providers."""
    Keyring.ensure(settings.CONFIG.vault_key_file)
    config = dataclasses.replace(settings.CONFIG, gateway_token=TOKEN, rpc_gateway_url="http://127.0.0.1:1")
    with override_settings(CONFIG=config):
        yield config


@pytest.fixture
def runs_cryo() -> Iterator[Declaration]:
    """Whether or not this version has its implementation: here its declaration is what matters."""
    declared = catalogue().operators["cryo_ingest"]
    before = declared.implementation
    object.__setattr__(declared, "implementation", before or "somewhere:Cryo")
    yield declared
    object.__setattr__(declared, "implementation", before)
