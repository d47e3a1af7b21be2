"""The internal plane publishes the keys that prove capability tokens and tickets."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client, override_settings

from apps.dispatch import signing
from apps.platform import wiring
from apps.platform.json import Json
from apps.platform.tokens import verify
from tests.factories import NOON

pytestmark = pytest.mark.urls("traceweb.urls.internal")


@pytest.fixture(autouse=True)
def keys(tmp_path: Path) -> Iterator[None]:
    config = dataclasses.replace(settings.CONFIG, signing_key_dir=tmp_path / "keys", vault_key_file=tmp_path / "vault.json")
    wiring.prepare_keys(config)
    signing.signer.cache_clear()
    with override_settings(CONFIG=config):
        yield
    signing.signer.cache_clear()


def test_what_the_dispatcher_signs_the_published_keys_prove(client: Client) -> None:
    claims: dict[str, Json] = {
        "iss": "trace",
        "aud": "trace.task",
        "sub": "task:1",
        "iat": int(NOON.timestamp()),
        "exp": int(NOON.timestamp()) + 9,
    }
    token = signing.signer().sign(claims)

    answer = client.get("/internal/jwks/task")

    assert answer.status_code == 200
    assert "max-age=300" in answer.headers["Cache-Control"]
    assert verify(token, answer.json(), issuer="trace", audience="trace.task", now=NOON)["sub"] == "task:1"


def test_no_private_half_leaves(client: Client) -> None:
    assert all(
        set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"} for key in client.get("/internal/jwks/task").json()["keys"]
    )


@pytest.mark.urls("traceweb.urls.public")
def test_the_public_plane_does_not_have_the_route(client: Client) -> None:
    assert client.get("/internal/jwks/task").status_code == 404
