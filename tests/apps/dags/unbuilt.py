"""An operator that this Trace only describes, for tests of what is said then: which ones there are changes with every version."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from operators.sdk.catalogue import catalogue


@pytest.fixture
def cryo_is_not_built() -> Iterator[None]:
    declared = catalogue().operators["cryo_ingest"]
    usual = declared.implementation
    object.__setattr__(declared, "implementation", "")
    yield
    object.__setattr__(declared, "implementation", usual)
