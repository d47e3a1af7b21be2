"""Streams that can be activated whatever this version can run, and what tests of the dispatcher have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest

from operators.sdk.catalogue import catalogue
from operators.sdk.declaration import Declaration
from tests.apps.dispatch.conftest import elsewhere, keys, signing_keys
from tests.fixtures.chain import node

__all__ = ["elsewhere", "keys", "node", "signing_keys"]


@pytest.fixture(autouse=True)
def runnable() -> Iterator[None]:
    """The operator of streams counts as built: here its tasks are worked by hand."""
    operators = cast("dict[str, Declaration]", catalogue().operators)
    declared = operators["cryo_ingest"]
    operators["cryo_ingest"] = replace(declared, implementation=declared.implementation or "operators.noop.operator:Noop")
    yield
    operators["cryo_ingest"] = declared
