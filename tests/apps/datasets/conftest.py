"""Tasks are claimed and completed here as the dispatcher's own tests do it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from operators.sdk.catalogue import catalogue
from operators.sdk.declaration import Output
from operators.sdk.words import Storage
from tests.apps.dispatch.conftest import elsewhere, keys, signing_keys

__all__ = ["elsewhere", "keys", "signing_keys"]


@pytest.fixture(autouse=True)
def keeping() -> Iterator[None]:
    """As if `sleep` kept what it makes in the object store, in whatever columns a test gives it."""
    declared = catalogue().operators["sleep"]
    outputs = declared.outputs
    object.__setattr__(declared, "outputs", (Output("kept", "What a test writes.", Storage.S3),))
    yield
    object.__setattr__(declared, "outputs", outputs)
