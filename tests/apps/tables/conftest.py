"""A DAG with a buffered dataset, of an operator that other tests have no use for yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.apps.dispatch.conftest import keys, signing_keys  # noqa: F401  a claim signs
from tests.apps.tables.sinking import OPEN
from tests.ports.conftest import config, with_buckets  # noqa: F401  where batches lie


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    OPEN.close()


@pytest.fixture(autouse=True)
def everything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No operator of this version publishes rows by itself."""
    monkeypatch.setattr("apps.dags.services.activating.not_built", lambda _: [])
